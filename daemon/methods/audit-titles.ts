// What the ids in audit records are called today. The log holds ids, and of names only sealed ones that were at hand when
// something happened: a warm read knows no title.
import { PosternError } from "../../protocol/errors.ts";
import { serviceLimits } from "../../protocol/service-catalogue.ts";
import { type Account, environmentsOf } from "../account/account.ts";

/** Items looked up for one answer: a few screens of records. Ids past it stand for themselves. */
export const TITLED_ITEMS_MAX = 200;

type WithIds = { readonly ids?: readonly string[] };

/** Titles by id, of the newest records first. What is gone, or cannot be read now, has none. */
export async function titlesOf(account: Account, records: readonly WithIds[]): Promise<ReadonlyMap<string, string>> {
  try {
    return await lookedUp(account, records);
  } catch (error) {
    // The records are what was asked for: a service that is away, or lies, does not keep them back.
    if (error instanceof PosternError) return new Map();
    throw error;
  }
}

async function lookedUp(account: Account, records: readonly WithIds[]): Promise<Map<string, string>> {
  const vaults = new Map((await account.vaults()).map(({ id, title }) => [id, title]));
  const titles = new Map([...(await environmentsOf(account)).map(({ id, title }) => [id, title] as const), ...vaults]);
  for (const [vault, items] of itemsOf(records, vaults))
    for (let at = 0; at < items.length; at += serviceLimits.batch)
      for (const { id, title } of await account.getItems(vault, items.slice(at, at + serviceLimits.batch)))
        titles.set(id, title);
  return titles;
}

/** The items by vault: in a record they follow the vault that they are in. */
function itemsOf(records: readonly WithIds[], vaults: ReadonlyMap<string, string>): Map<string, string[]> {
  const items = new Map<string, string>();
  for (const { ids = [] } of records.toReversed()) {
    let vault: string | undefined;
    for (const id of ids) {
      if (vaults.has(id)) vault = id;
      else if (vault !== undefined && items.size < TITLED_ITEMS_MAX) items.set(id, vault);
    }
  }
  return Map.groupBy(items.keys(), (item) => items.get(item) ?? "") as Map<string, string[]>;
}
