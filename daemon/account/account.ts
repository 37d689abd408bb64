// An open account, whatever kind it is. It answers in the catalogue's terms: how an account seals, signs and sends is its own
// matter. Every account has vaults and items. What else it can do, it says by having it (capabilities.ts).
import type { ParamsOf, ResultOf } from "../../protocol/catalogue.ts";
import { PosternError } from "../../protocol/errors.ts";
import type { AccountItem, ItemContent, ItemState, Upload } from "./account-item.ts";
import type { Capabilities, Capability } from "./capabilities.ts";

export type VaultOverview = ResultOf<"vaults.getOverview">;
export type ItemOverview = ResultOf<"items.list">["items"][number];

/** `seq` is the number of the last change that is surely in it; undefined where nobody says. */
export type FoundItems = { readonly items: AccountItem[]; readonly seq: number | undefined };

type Vaults = {
  /** The vaults, from memory unless a change was told. */
  vaults(): Promise<VaultOverview[]>;
  /** The vaults of this moment, with their counts; `staleMs` where nobody could be asked. */
  vaultsNow(): Promise<ResultOf<"vaults.list">>;
  /** Ids of the vaults with this id, or with this title without regard to case. */
  matchVaults(part: string): Promise<string[]>;
  createVault(vault: ParamsOf<"vaults.create">): Promise<VaultOverview>;
  /** Throws vaultNotFound. */
  updateVault(id: string, change: { title?: string; description?: string }): Promise<VaultOverview>;
  deleteVault(id: string): Promise<void>;
};

type Items = {
  /** Active items of a vault with this id, or with this title without regard to case. */
  findItems(vaultId: string, part: string): Promise<FoundItems>;
  /** The tags that an item of this title has. */
  tagsOf(vaultId: string, title: string): Promise<string[]>;
  /** Throws itemNotFound, vaultNotFound. */
  getItem(vaultId: string, itemId: string): Promise<AccountItem>;
  /** Up to `serviceLimits.batch` items; unknown ones are left out. */
  getItems(vaultId: string, itemIds: readonly string[]): Promise<AccountItem[]>;
  /** Up to `serviceLimits.page` overviews of items whose ids come after this one, in order; `more` where others follow. */
  listPage(
    vaultId: string,
    filter: { active: boolean; archived: boolean },
    after: string | undefined,
    signal?: AbortSignal,
  ): Promise<{ items: ItemOverview[]; more: boolean }>;
  /** Overviews of up to `serviceLimits.batch` items; unknown ones are left out. */
  getOverviews(vaultId: string, itemIds: readonly string[], signal?: AbortSignal): Promise<ItemOverview[]>;
  /** Makes an item; its files are those of the upload that its content names. */
  createItem(vaultId: string, content: ItemContent, upload?: Upload): Promise<AccountItem>;
  /** Makes up to `serviceLimits.batch` items without files; each has its own outcome, in order. */
  createItems(
    vaultId: string,
    contents: readonly ItemContent[],
  ): Promise<({ item: AccountItem } | { error: string })[]>;
  /**
   * Writes the version after `before`, which this account answered. Its files are those of `before` and of the upload that the
   * content names. Throws versionConflict where somebody else wrote.
   */
  putItem(
    before: AccountItem,
    content: ItemContent,
    more?: { state?: ItemState; upload?: Upload },
  ): Promise<AccountItem>;
  /** With a version: throws versionConflict where another is stored. */
  deleteItem(vaultId: string, itemId: string, version?: number): Promise<void>;
  /** Deletes up to 50 items; each has its own outcome, in order. */
  deleteItems(vaultId: string, itemIds: readonly string[]): Promise<({ deleted: true } | { error: string })[]>;
};

export type Account = Vaults & Items & Partial<Capabilities> & { readonly id: string };

/** What is missing, as a person reads it. */
const words: Readonly<Record<Capability, string>> = {
  files: "files",
  history: "earlier versions of items",
  environments: "environments",
  shares: "links to items",
  groups: "groups",
  serviceAccounts: "service accounts",
  rateLimit: "a limit of requests",
  feed: "a feed of changes",
};

/** What the account can do of this. Throws notOffered where it cannot. */
export function offered<C extends Capability>(account: Account, capability: C): Capabilities[C] {
  const capabilities: Partial<Capabilities> = account;
  const found = capabilities[capability];
  if (found === undefined) throw new PosternError("notOffered", words[capability]);
  return found;
}

/** Everything of an account that a title may mean by itself: its vaults, and its environments where it has any. */
export async function titledPlaces(account: Account): Promise<{ id: string; title: string }[]> {
  return [...(await account.vaults()), ...(await environmentsOf(account))];
}

/** The environments of an account; none where it has no such thing. */
export async function environmentsOf({ environments }: Account): Promise<{ id: string; title: string }[]> {
  return environments === undefined ? [] : environments.list();
}
