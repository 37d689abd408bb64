// The core of an unlocked account. Environments and shares are built on it.
import type { OperationResult } from "../../protocol/service-catalogue.ts";
import type { FileChunks } from "./file-chunks.ts";
import type { GroupList } from "./group-list.ts";
import type { ItemList } from "./item-list.ts";
import type { ItemVersions } from "./item-versions.ts";
import type { ServiceAccounts } from "./service-accounts.ts";
import type { UserData } from "./user-data.ts";
import type { VaultEntry, VaultsNow, VaultType } from "./vault-list.ts";
import type { VaultMembers } from "./vault-members.ts";

/** A change at the service. */
export type Change = OperationResult<"events.wait">["events"][number];

/** A place in the account's changes at the service. */
export type Cursor = OperationResult<"events.wait">["cursor"];

/**
 * The service's answer about changes. `replaced` says that its store does not continue from the cursor: an older copy was put back,
 * or it is another store. Then everything that was read before must be forgotten.
 */
export type News = {
  readonly cursor: Cursor;
  readonly changes: readonly Change[];
  readonly replaced?: "olderCopy" | "otherStore";
};

/** The parts of an account below environments and shares. */
export type AccountCore = ItemList &
  ItemVersions &
  FileChunks & {
    readonly id: string;
    readonly user: string;
    /** The vaults, from memory until a change is announced. */
    vaults(): Promise<VaultEntry[]>;
    /** The same with present counts, which change with every item. Has `staleMs` where the service could not be reached. */
    vaultsNow(): Promise<VaultsNow>;
    /** Milliseconds since the vaults in memory were read. */
    vaultsAgeMs(): number;
    /** Whether a service account made the vault, and its key does not open. */
    isUnreadVault(id: string): boolean;
    /** Ids of the vaults with this id, or with this title in any case. At once where the vaults are known. */
    matchVaults(part: string): string[] | Promise<string[]>;
    createVault(
      title: string,
      description: string,
      type?: VaultType,
      groups?: readonly { id: string; permissions: number }[],
    ): Promise<VaultEntry>;
    updateVault(id: string, change: { title?: string; description?: string }): Promise<VaultEntry>;
    deleteVault(id: string): Promise<void>;
    /** The user's own data, and a change to it. The change is repeated when another device wrote in between. */
    userData(): UserData;
    /** The revision of the user's data. Every change makes it greater. */
    userDataRevision(): number;
    changeUserData(next: (data: UserData) => UserData): Promise<void>;
    /** Waits for changes after the cursor, `waitMs` at most. Without a cursor it returns the present one. */
    changes(cursor: Cursor | undefined, signal: AbortSignal, waitMs?: number): Promise<News>;
    /** Milliseconds since the Unix epoch by the service's clock. That clock decides when things at the service end. */
    serviceTimeMs(): Promise<number>;
    /** Calls `listener` after every answer of the service from now on. */
    onAnswered(listener: () => void): void;
    readonly groups: GroupList;
    readonly members: VaultMembers;
    readonly serviceAccounts: ServiceAccounts;
    /** Forgets the list of vaults. The next look asks the service. */
    forgetVaults(): void;
    /** Forgets vaults, the order of their keys, and groups. The service may then answer differently than before. */
    forgetAll(): void;
    /** Wipes every key of the account. */
    close(): void;
  };
