// Finds the present titles of the ids in audit records. The log holds ids, and only those names that were at hand at the time. A warm read knows no
// title.
import { PosternError } from "../../protocol/errors.ts";
import { serviceLimits } from "../../protocol/service-catalogue.ts";
import { type Account, environmentsOf } from "../account/account.ts";

/** Items that are looked up for one answer: a few screens of records. Further ones are shown by their ids. */
export const TITLED_ITEMS_MAX = 200;

type WithIds = { readonly ids?: readonly string[] };

/** Titles by id, for the newest records first. A thing that is gone, or cannot be read now, has no title. */
export async function titlesOf(account: Account, records: readonly WithIds[]): Promise<ReadonlyMap<string, string>> {
  try {
    return await lookedUp(account, records);
  } catch (error) {
    // The caller asked for the records. A service that is away, or lies, must not hold them back.
    if (error instanceof PosternError) return new Map();
    throw error;
  }
}

async function lookedUp(account: Account, records: readonly WithIds[]): Promise<Map<string, string>> {
  const vaults = new Map((await account.vaults()).map(({ id, title }) => [id, title]));
  const titles = new Map([...(await environmentsOf(account)).map(({ id, title }) => [id, title] as const), ...vaults]);
  for (const [vault, items] of itemsOf(records, vaults))
    for (let at = 0; at < items.length; at += serviceLimits.batch)
      for (const one of await account.getItems(vault, items.slice(at, at + serviceLimits.batch)))
        if ("title" in one) titles.set(one.id, one.title);
  return titles;
}

/** The items by vault. In a record they follow their vault. */
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
