// What an account may be able to do beside vaults and items. A kind of account that lacks one leaves it out.
import type { ParamsOf, ResultOf } from "../../protocol/catalogue.ts";
import type { ItemShareAccountPolicy, ItemShareDuration } from "../../protocol/item/item-share.ts";
import type { AccountItem, FileReader, Upload } from "./account-item.ts";

export type Files = {
  /** Begins files of an item that is there. Throws itemNotFound, vaultNotFound, notPermitted. */
  uploadTo(item: AccountItem): Promise<Upload>;
  /** Begins files of an item that is about to be made. */
  uploadToNew(vaultId: string): Upload;
  /** Throws fileNotFound where the item names no such file. */
  read(item: AccountItem, fileId: string): FileReader;
};

export type History = {
  /** Earlier versions that are kept, newest first. */
  versions(vaultId: string, itemId: string): Promise<{ version: number; updatedAt: string }[]>;
  /** Writes an item as it was in an earlier version. Throws itemNotFound where that is not kept; versionConflict. */
  restore(before: AccountItem, version: number): Promise<AccountItem>;
};

type Environment = ResultOf<"environments.list">["environments"][number];
type Variable = ResultOf<"environments.getVariables">["variables"][number];

export type Environments = {
  list(): Promise<Environment[]>;
  /** Milliseconds since the list was read. */
  ageMs(): number;
  /** Makes one that has these variables from the start. */
  create(title: string, variables: readonly Variable[]): Promise<Environment>;
  /** Throws environmentNotFound. */
  variables(id: string): Promise<Variable[]>;
  /** Sets variables, all or none; those not named stay, in their order. Throws tooLarge past the limit. */
  set(id: string, variables: readonly Variable[]): Promise<void>;
  /** Takes variables away; answers how many there were. */
  unset(id: string, names: readonly string[]): Promise<number>;
  delete(id: string): Promise<void>;
};

export type Share = Omit<ResultOf<"shares.list">["shares"][number], "title">;

export type HowShared = {
  readonly expireAfter: ItemShareDuration;
  readonly oneTime: boolean;
  /** The name of the account, shown with what was shared. */
  readonly sender?: string;
};

export type Shares = {
  /** What links of this account may be. Throws sharingUnavailable where none can be made. */
  policy(): Promise<ItemShareAccountPolicy>;
  /** Shares the item as it is now. Throws tooLarge, sharingUnavailable. */
  create(item: AccountItem, how: HowShared): Promise<ResultOf<"items.shares.create">>;
  list(): Promise<Share[]>;
  /** Throws shareNotFound. */
  revoke(shareId: string): Promise<void>;
};

export type Group = Omit<ResultOf<"groups.get">, "vaultAccess">;
export type VaultAccess = NonNullable<ResultOf<"vaults.get">["access"]>[number];
export type GroupAccess = ParamsOf<"vaults.grantGroupPermissions">["groupPermissions"][number];

export type Groups = {
  /** The groups that this user is in. Those that every account has are made where they are missing. */
  list(): Promise<Group[]>;
  /** Throws groupNotFound. */
  get(id: string): Promise<Group>;
  create(title: string, description: string): Promise<Group>;
  update(id: string, change: { title?: string; description?: string }): Promise<Group>;
  delete(id: string): Promise<void>;
  /** What the group may do in which vaults. */
  vaultAccess(id: string): Promise<VaultAccess[]>;
  /** The ids of its users. */
  members(id: string): Promise<string[]>;
  /** Who comes to a vault: users and groups. */
  accessTo(vaultId: string): Promise<VaultAccess[]>;
  /** Lets groups come to a vault, or changes what they may do there. */
  grant(vaultId: string, groups: readonly GroupAccess[]): Promise<void>;
  revoke(vaultId: string, groupId: string): Promise<void>;
};

/** A service account as the person who made it sees it. */
export type ServiceAccountEntry = {
  readonly id: string;
  readonly title: string;
  readonly createdAt: string;
  readonly revokedAt?: string;
  readonly tokens: readonly {
    readonly id: string;
    readonly createdAt: string;
    readonly expiresAt?: string;
    readonly lastUsedAt?: string;
  }[];
  /** Permissions as the official bits. */
  readonly vaults: readonly { readonly vaultId: string; readonly permissions: number }[];
};

export type ServiceAccounts = {
  list(): Promise<ServiceAccountEntry[]>;
  /** Makes one; answers its token. Throws invalidPermissions, vaultNotFound, notPermitted. */
  create(input: {
    title: string;
    vaults: readonly { id: string; permissions: number }[];
    expiresAt?: string;
  }): Promise<{ id: string; token: string }>;
  /** The next token; the older ones end after `overlapMs`. Throws serviceAccountNotFound. */
  rotate(id: string, input: { overlapMs: number; expiresAt?: string }): Promise<string>;
  /** Ends its tokens at once. Repeated, it takes up what was cut off. */
  revoke(id: string): Promise<void>;
  /** Milliseconds since the Unix epoch by the clock that ends the tokens. */
  nowMs(): Promise<number>;
};

type Budget = Omit<ResultOf<"serviceAccounts.rateLimit">["reads"], "left">;

/** What the token that opened the account may spend in its hour. */
export type RateLimit = { read(): Promise<{ reads: Budget; writes: Budget }> };

/** What somebody changed. Without ids it may have been anything of that kind. */
export type Change = {
  readonly kind: "item" | "vault" | "user" | "group";
  readonly vault?: string;
  readonly item?: string;
  /** Of an item: the tag of its title now, empty where it was deleted. Undefined where nobody knows. */
  readonly tag?: string;
  /** Its number among the account's changes, where they are numbered. */
  readonly seq?: number;
};

/** In which way what is followed is not what was followed before. */
export type Replaced = "olderCopy" | "otherStore";

/** `first` says that nobody knows what happened before; `replaced`, that nothing that was read before counts. */
export type News = { readonly changes: readonly Change[]; readonly first?: true; readonly replaced?: Replaced };

/** One who follows. News that were not answered, since the call failed, come with the next call. */
export type FollowedChanges = {
  /** Waits for news, `waitMs` at most. Throws deviceRemoved, wrongCredentials, tokenRefused where nobody is let in any more. */
  next(signal: AbortSignal, waitMs?: number): Promise<News>;
};

/** A feed of changes. Without one, nothing that was read is kept: nobody would say when it is not true any more. */
export type Feed = {
  follow(): FollowedChanges;
  /** Forgets what the account itself keeps of what it was told. It does so by itself for its own news. */
  forget(): void;
  /** From now on `listener` is told whenever the service has answered. */
  onAnswered(listener: () => void): void;
};

export type Capabilities = {
  readonly files: Files;
  readonly history: History;
  readonly environments: Environments;
  readonly shares: Shares;
  readonly groups: Groups;
  readonly serviceAccounts: ServiceAccounts;
  readonly rateLimit: RateLimit;
  readonly feed: Feed;
};

export type Capability = keyof Capabilities;
