// The optional abilities of an account, beside vaults and items. A kind of account leaves out the parts that it lacks.
import type { ParamsOf, ResultOf } from "../../protocol/catalogue.ts";
import type { ItemShareAccountPolicy, ItemShareDuration } from "../../protocol/item/item-share.ts";
import type { AccountItem, FileReader, Upload } from "./account-item.ts";

export type Files = {
  /** Begins files of an existing item. Throws itemNotFound, vaultNotFound, notPermitted. */
  uploadTo(item: AccountItem): Promise<Upload>;
  /** Begins files of a new item. */
  uploadToNew(vaultId: string): Upload;
  /** Throws fileNotFound where the item names no such file. */
  read(item: AccountItem, fileId: string): FileReader;
};

export type History = {
  /** The kept earlier versions, newest first. */
  versions(vaultId: string, itemId: string): Promise<{ version: number; updatedAt: string }[]>;
  /** Writes an item as it was in an earlier version. Throws itemNotFound where that version is not kept, and versionConflict. */
  restore(before: AccountItem, version: number): Promise<AccountItem>;
};

type Environment = ResultOf<"environments.list">["environments"][number];
type Variable = ResultOf<"environments.getVariables">["variables"][number];

export type Environments = {
  list(): Promise<Environment[]>;
  /** Milliseconds since the list was read. */
  ageMs(): number;
  /** Makes an environment that has these variables from the start. */
  create(title: string, variables: readonly Variable[]): Promise<Environment>;
  /** Throws environmentNotFound. */
  variables(id: string): Promise<Variable[]>;
  /** Sets variables, all or none. Other variables stay, in their order. Throws tooLarge past the limit. */
  set(id: string, variables: readonly Variable[]): Promise<void>;
  /** Removes variables. Returns how many there were. */
  unset(id: string, names: readonly string[]): Promise<number>;
  delete(id: string): Promise<void>;
};

export type Share = Omit<ResultOf<"shares.list">["shares"][number], "title">;

export type HowShared = {
  readonly expireAfter: ItemShareDuration;
  readonly oneTime: boolean;
  /** The name of the account. The page shows it with the item. */
  readonly sender?: string;
  /** The address that a person confirmed for the link. */
  readonly linkAddress?: string;
};

export type Shares = {
  /** The policy for links of this account. */
  policy(): Promise<ItemShareAccountPolicy>;
  /** Shares the item as it is now. Throws tooLarge, sharingUnavailable, serviceRefused. */
  create(item: AccountItem, how: HowShared): Promise<ResultOf<"items.shares.create">>;
  list(): Promise<Share[]>;
  /** Throws shareNotFound. */
  revoke(shareId: string): Promise<void>;
};

export type Group = Omit<ResultOf<"groups.get">, "vaultAccess">;
export type VaultAccess = NonNullable<ResultOf<"vaults.get">["access"]>[number];
export type GroupAccess = ParamsOf<"vaults.grantGroupPermissions">["groupPermissions"][number];

export type Groups = {
  /** The user's groups. Groups that every account has are made where they are missing. */
  list(): Promise<Group[]>;
  /** Throws groupNotFound. */
  get(id: string): Promise<Group>;
  create(title: string, description: string): Promise<Group>;
  update(id: string, change: { title?: string; description?: string }): Promise<Group>;
  delete(id: string): Promise<void>;
  /** The group's rights in vaults. */
  vaultAccess(id: string): Promise<VaultAccess[]>;
  /** The ids of its users. */
  members(id: string): Promise<string[]>;
  /** The users and groups with access to a vault. */
  accessTo(vaultId: string): Promise<VaultAccess[]>;
  /** Gives groups access to a vault, or changes their rights there. */
  grant(vaultId: string, groups: readonly GroupAccess[]): Promise<void>;
  revoke(vaultId: string, groupId: string): Promise<void>;
};

/** A service account in the view of its maker. */
export type ServiceAccountEntry = {
  readonly id: string;
  readonly title: string;
  readonly createdAt: string;
  readonly revokedAt?: string;
  readonly makesVaults?: true;
  readonly tokens: readonly {
    readonly id: string;
    readonly createdAt: string;
    readonly expiresAt?: string;
    readonly lastUsedAt?: string;
  }[];
  /** Permissions, as the official bits. */
  readonly vaults: readonly { readonly vaultId: string; readonly permissions: number }[];
};

export type ServiceAccounts = {
  list(): Promise<ServiceAccountEntry[]>;
  /** Makes a service account. Returns its token. Throws invalidPermissions, vaultNotFound, notPermitted. */
  create(input: {
    title: string;
    vaults: readonly { id: string; permissions: number }[];
    makesVaults?: boolean;
    expiresAt?: string;
  }): Promise<{ id: string; token: string }>;
  /** Makes the next token. The older ones end after `overlapMs`. Throws serviceAccountNotFound. */
  rotate(id: string, input: { overlapMs: number; expiresAt?: string }): Promise<string>;
  /** Ends its tokens at once. A second call finishes an interrupted one. */
  revoke(id: string): Promise<void>;
  /** Milliseconds since the Unix epoch, by the clock that ends the tokens. */
  nowMs(): Promise<number>;
};

type Budget = Omit<ResultOf<"serviceAccounts.rateLimit">["reads"], "left">;

/** The limit of the token that opened the account: its requests in an hour. */
export type RateLimit = { read(): Promise<{ reads: Budget; writes: Budget }> };

/** A change. Without ids it may be any change of that kind. */
export type Change = {
  readonly kind: "item" | "vault" | "user" | "group";
  readonly vault?: string;
  readonly item?: string;
  /** The tag of the item's present title, or an empty text where it was deleted. Undefined where it is unknown. */
  readonly tag?: string;
  /** Its number in the account's changes, where they are numbered. */
  readonly seq?: number;
};

/** The kind of replacement: an older copy, or another store. */
export type Replaced = "olderCopy" | "otherStore";

/** `first` says that changes before are unknown. `replaced` says that everything read before must be forgotten. */
export type News = { readonly changes: readonly Change[]; readonly first?: true; readonly replaced?: Replaced };

/** A follower. If a call fails, its news come with the next call. */
export type FollowedChanges = {
  /** Waits for news, `waitMs` at most. Throws deviceRemoved, wrongCredentials or tokenRefused where the account is shut to this agent. */
  next(signal: AbortSignal, waitMs?: number): Promise<News>;
};

/** A feed of changes. Without one the agent keeps nothing that it read, since it would not learn when that is outdated. */
export type Feed = {
  follow(): FollowedChanges;
  /** Makes the account forget its own remembered answers. For its own news it does so by itself. */
  forget(): void;
  /** Calls `listener` after every answer of the service from now on. */
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
