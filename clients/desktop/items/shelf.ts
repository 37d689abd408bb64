// All items of the account by their names, and the search over them. Nothing here has a value: the page asks for an item's values one item at a time.
import type { ItemCategory, ItemOverview, Methods, VaultOverview } from "../../typescript/generated.ts";
import { AgentError } from "../agent-error.ts";
import type { Channel } from "../channel.ts";
import { faultText } from "../fault-text.ts";

export type Entry = {
  readonly item: ItemOverview;
  readonly vault: string;
  /** What the search looks through, in small letters. */
  readonly words: string;
};

/** A vault whose items could not be read. It has one row, which says so. */
export type Unread = { readonly vault: VaultOverview; readonly why: string };

export type Shelf = {
  /** By title, as the entries are. */
  readonly vaults: readonly VaultOverview[];
  readonly entries: readonly Entry[];
  readonly unread: readonly Unread[];
};

export type Wanted = { readonly text: string; readonly vaultId: string; readonly isArchivedToo: boolean };

/** `SecureNote` as a person reads it. */
export const categoryText = (category: ItemCategory): string =>
  category.replace(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

/**
 * Reads the names of all items. The right to all vaults' names includes that to their items' names, so a person is asked at most once. Without
 * `mayAsk` nobody is asked, and approvalRequired is thrown where somebody would have to be.
 */
export async function readShelf(channel: Channel, mayAsk: boolean): Promise<Shelf> {
  const { vaults } = await channel.call("vaults.list", mayAsk ? {} : { noWait: true });
  const entries: Entry[] = [];
  const unread: Unread[] = [];
  for (const vault of vaults) {
    try {
      for (const item of await itemsOf(channel, vault.id)) entries.push(entryOf(item, vault.title));
    } catch (error) {
      if (!(error instanceof AgentError)) throw error;
      unread.push({ vault, why: faultText(error) });
    }
  }
  const { compare } = new Intl.Collator(undefined, { numeric: true });
  entries.sort((a, b) => compare(a.item.title, b.item.title) || (a.item.id < b.item.id ? -1 : 1));
  return { vaults: vaults.toSorted((a, b) => compare(a.title, b.title)), entries, unread };
}

async function itemsOf(channel: Channel, vaultId: string): Promise<ItemOverview[]> {
  const all: ItemOverview[] = [];
  for (let after: string | undefined = ""; after !== undefined; ) {
    const asked: Methods["items.list"]["params"] = { vaultId, active: true, archived: true, noWait: true };
    const page: Methods["items.list"]["result"] = await channel.call(
      "items.list",
      after === "" ? asked : { ...asked, after },
    );
    for (const item of page.items) all.push(item);
    after = page.more ? page.items.at(-1)?.id : undefined;
  }
  return all;
}

function entryOf(item: ItemOverview, vault: string): Entry {
  const { id, title, category, tags, websites, malformed } = item;
  const urls = websites.map(({ url }) => url);
  const named = malformed === true ? [title, id] : [title, categoryText(category), category];
  const words = [...named, vault, ...tags, ...urls].join("\n").toLowerCase();
  return { item, vault, words };
}

/** The entries that have each word of the text somewhere. */
export function foundIn(entries: readonly Entry[], { text, vaultId, isArchivedToo }: Wanted): readonly Entry[] {
  const sought = text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "");
  return entries.filter(
    ({ item, words }) =>
      (isArchivedToo || item.state === "active") &&
      (vaultId === "" || item.vaultId === vaultId) &&
      sought.every((word) => words.includes(word)),
  );
}
