// What an unlocked account offers by itself. Environments and shares are made of it.
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

/** Where the changes of the account stand at the service. */
export type Cursor = OperationResult<"events.wait">["cursor"];

/**
 * What the service tells of changes. `replaced` says that it does not go on from the cursor: its store was put back from an
 * older copy, or is another one. Then nothing that was read before counts.
 */
export type News = {
  readonly cursor: Cursor;
  readonly changes: readonly Change[];
  readonly replaced?: "olderCopy" | "otherStore";
};

/** What an account is made of, before environments and shares are made of that. */
export type AccountCore = ItemList &
  ItemVersions &
  FileChunks & {
    readonly id: string;
    readonly user: string;
    /** The vaults, from memory unless a change was announced. */
    vaults(): Promise<VaultEntry[]>;
    /** The same with the counts of this moment, which move with every item; `staleMs` where the service could not be reached. */
    vaultsNow(): Promise<VaultsNow>;
    /** Milliseconds since the vaults in memory were read. */
    vaultsAgeMs(): number;
    /** Ids of the vaults with this id, or this title without regard to case. */
    matchVaults(part: string): Promise<string[]>;
    createVault(
      title: string,
      description: string,
      type?: VaultType,
      groups?: readonly { id: string; permissions: number }[],
    ): Promise<VaultEntry>;
    updateVault(id: string, change: { title?: string; description?: string }): Promise<VaultEntry>;
    deleteVault(id: string): Promise<void>;
    /** The user's own data, and a change to it that is repeated when somebody else wrote in between. */
    userData(): UserData;
    changeUserData(next: (data: UserData) => UserData): Promise<void>;
    /** Waits for changes after the cursor, `waitMs` at most; without one it answers where the service stands. */
    changes(cursor: Cursor | undefined, signal: AbortSignal, waitMs?: number): Promise<News>;
    /** Milliseconds since the Unix epoch by the service's clock, which is the one that ends what it keeps. */
    serviceTimeMs(): Promise<number>;
    /** From now on `listener` is told whenever the service has answered. */
    onAnswered(listener: () => void): void;
    readonly groups: GroupList;
    readonly members: VaultMembers;
    readonly serviceAccounts: ServiceAccounts;
    /** Forgets the list of vaults, so that the next look asks the service. */
    forgetVaults(): void;
    /** Forgets vaults, their keys' order and groups: what the service said before does not bind it any more. */
    forgetAll(): void;
    /** Wipes every key of the account. */
    close(): void;
  };
