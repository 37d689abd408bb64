// An open account of any kind. It answers in the catalogue's terms; sealing, signing and sending are its own matter. Every account has vaults
// and items. Its further abilities are optional parts of the type (capabilities.ts).
import type { ParamsOf, ResultOf } from "../../protocol/catalogue.ts";
import { PosternError } from "../../protocol/errors.ts";
import type { MalformedItem } from "../../protocol/item/malformed-item.ts";
import type { AccountItem, ItemContent, ItemState, Upload } from "./account-item.ts";
import type { Capabilities, Capability } from "./capabilities.ts";

export type VaultOverview = ResultOf<"vaults.getOverview">;
export type ItemOverview = ResultOf<"items.list">["items"][number];

/** `seq` is the number of the last change that the result includes. Undefined where it is unknown. */
export type FoundItems = { readonly items: AccountItem[]; readonly seq: number | undefined };

type Vaults = {
  /** The vaults, from memory until a change is announced. */
  vaults(): Promise<VaultOverview[]>;
  /** The vaults of this moment, with their counts. Has `staleMs` where the service could not be reached. */
  vaultsNow(): Promise<ResultOf<"vaults.list">>;
  /** Ids of the vaults with this id, or with this title in any case. At once where the vaults are known. */
  matchVaults(part: string): string[] | Promise<string[]>;
  createVault(vault: ParamsOf<"vaults.create">): Promise<VaultOverview>;
  /** Throws vaultNotFound. */
  updateVault(id: string, change: { title?: string; description?: string }): Promise<VaultOverview>;
  deleteVault(id: string): Promise<void>;
};

type Items = {
  /** Active items of a vault with this id, or with this title in any case. */
  findItems(vaultId: string, part: string): Promise<FoundItems>;
  /** The tags of a title. */
  tagsOf(vaultId: string, title: string): Promise<string[]>;
  /** Throws itemNotFound, vaultNotFound. */
  getItem(vaultId: string, itemId: string): Promise<AccountItem>;
  /** Up to `serviceLimits.batch` items. Unknown ones are left out. A malformed one is the error that `getItem` throws for it. */
  getItems(vaultId: string, itemIds: readonly string[]): Promise<(AccountItem | MalformedItem)[]>;
  /** Up to `serviceLimits.page` overviews of items whose ids come after this one, in order; `more` where others follow. */
  listPage(
    vaultId: string,
    filter: { active: boolean; archived: boolean },
    after: string | undefined,
    signal?: AbortSignal,
  ): Promise<{ items: ItemOverview[]; more: boolean }>;
  /** Overviews of up to `serviceLimits.batch` items. Unknown ones are left out. */
  getOverviews(vaultId: string, itemIds: readonly string[], signal?: AbortSignal): Promise<ItemOverview[]>;
  /** Makes an item. Its files are those of the upload that its content names. */
  createItem(vaultId: string, content: ItemContent, upload?: Upload): Promise<AccountItem>;
  /** Makes up to `serviceLimits.batch` items without files. Each has its own outcome, in order. */
  createItems(
    vaultId: string,
    contents: readonly ItemContent[],
  ): Promise<({ item: AccountItem } | { error: string })[]>;
  /**
   * Writes the version after `before`, which this account returned. The content names files of `before` and of the upload. Throws
   * versionConflict where another writer was faster.
   */
  putItem(
    before: AccountItem,
    content: ItemContent,
    more?: { state?: ItemState; upload?: Upload },
  ): Promise<AccountItem>;
  /** With a version: throws versionConflict where another is stored. */
  deleteItem(vaultId: string, itemId: string, version?: number): Promise<void>;
  /** Deletes up to 50 items. Each has its own outcome, in order. */
  deleteItems(vaultId: string, itemIds: readonly string[]): Promise<({ deleted: true } | { error: string })[]>;
};

export type Account = Vaults & Items & Partial<Capabilities> & { readonly id: string };

/** The names of the parts for a person. */
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

/** The part of the account for this ability. Throws notOffered where the account lacks it. */
export function offered<C extends Capability>(account: Account, capability: C): Capabilities[C] {
  const capabilities: Partial<Capabilities> = account;
  const found = capabilities[capability];
  if (found === undefined) throw new PosternError("notOffered", words[capability]);
  return found;
}

/** Everything in an account that a bare title may mean: its vaults, and its environments where it has them. */
export async function titledPlaces(account: Account): Promise<{ id: string; title: string }[]> {
  return [...(await account.vaults()), ...(await environmentsOf(account))];
}

/** The environments of an account. Empty where it has no environments. */
export async function environmentsOf({ environments }: Account): Promise<{ id: string; title: string }[]> {
  return environments === undefined ? [] : environments.list();
}
