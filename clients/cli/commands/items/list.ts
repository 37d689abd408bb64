// item list: the items of one vault or of all vaults, without values.

import { offlineFacts, tellOffline } from "../../agent/offline.ts";
import { withAgent } from "../../agent/session.ts";
import { type ItemOverview, listItemsWithAge } from "../../items/item-list.ts";
import { vaultFor } from "../../items/locate.ts";
import { normalTitle } from "../../items/normal-title.ts";
import { localTime } from "../../terminal/local-time.ts";
import { type Terminal, table } from "../../terminal/terminal.ts";
import { oldest } from "../../text/references.ts";
import { categoryFrom } from "./create.ts";

export type ListOptions = {
  vault?: string;
  archived?: boolean;
  search?: string;
  tag?: string[];
  category?: string;
};

export async function list(terminal: Terminal, options: ListOptions): Promise<void> {
  const category = options.category === undefined ? undefined : categoryFrom(options.category);
  const archived = options.archived === true;
  const isMeant = (item: ItemOverview) =>
    (category === undefined || item.category === category) &&
    (options.tag ?? []).every((tag) => item.tags.some((one) => isTagged(one, tag))) &&
    (options.search === undefined || holds(item, options.search));
  await withAgent(terminal, async (agent) => {
    const { vaults, staleMs: vaultsMs } =
      options.vault === undefined
        ? await agent.call("vaults.list", {})
        : { vaults: [{ id: await vaultFor(agent, "list", options.vault), title: options.vault }] };
    // All at once, so that one question to a person covers all of them.
    const listed = await Promise.all(
      vaults.map(({ id }) => listItemsWithAge(agent, id, { active: !archived, archived })),
    );
    const items = listed
      .flatMap((one) => one.items)
      .filter(isMeant)
      .sort(byTitle);
    const staleMs = oldest([vaultsMs, ...listed.map((one) => one.staleMs)]);
    tellOffline(terminal, staleMs);
    const titles = new Map(vaults.map(({ id, title }) => [id, title]));
    terminal.result({ items, ...offlineFacts(staleMs) }, () =>
      table(
        ["ID", "TITLE", ...(options.vault === undefined ? ["VAULT"] : []), "CATEGORY", "CHANGED"],
        items.map((one) => [
          one.id,
          one.title,
          ...(options.vault === undefined ? [titles.get(one.vaultId) ?? one.vaultId] : []),
          one.category,
          localTime(one.updatedAt),
        ]),
      ),
    );
  });
}

const compare = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" }).compare;

/** Sorts as a person looks a name up. Equal titles are in the order of their ids, so that the list is the same each time. */
const byTitle = (a: ItemOverview, b: ItemOverview) => compare(a.title, b.title) || (a.id < b.id ? -1 : 1);

/** A tag includes those below it: `work` finds `work/ci`, as in the official apps. */
const isTagged = (tag: string, wanted: string) =>
  normalTitle(tag) === normalTitle(wanted) || normalTitle(tag).startsWith(`${normalTitle(wanted)}/`);

function holds({ title, tags, websites }: ItemOverview, text: string): boolean {
  const wanted = normalTitle(text);
  return [title, ...tags, ...websites.map(({ url }) => url)].some((one) => normalTitle(one).includes(wanted));
}
