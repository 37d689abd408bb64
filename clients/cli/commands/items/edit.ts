// item edit: writes a changed version of an item.

import { withAgent } from "../../agent/session.ts";
import type { Item } from "../../items/field-match.ts";
import { parseFieldName } from "../../items/field-words.ts";
import { type FieldOptions, givenFields } from "../../items/given-fields.ts";
import { locate, placeIn } from "../../items/locate.ts";
import { withFields } from "../../items/put-fields.ts";
import { UsageError } from "../../terminal/exit-code.ts";
import { oneLine, type Terminal } from "../../terminal/terminal.ts";
import { notesFrom, website } from "./create.ts";
import { foundTogether, idsOf, naming, overview, titlesIn, withReferences } from "./place.ts";

export type EditOptions = FieldOptions & {
  vault: string;
  title?: string;
  notesFile?: string;
  tag?: string[];
  url?: string[];
  removeField?: string[];
  removeUrl?: string[];
  removeTag?: string[];
  removeNotes?: boolean;
};

export async function edit(terminal: Terminal, wanted: string, options: EditOptions): Promise<void> {
  const { title, notesFile, tag, url, removeTag, removeUrl, removeNotes } = options;
  const removed = (options.removeField ?? []).map((text) => parseFieldName(text, "--remove-field"));
  const given = await givenFields(options);
  const others = [title, notesFile, tag, url, removeTag, removeUrl, removeNotes];
  if (given.length + removed.length === 0 && others.every((one) => one === undefined))
    throw new UsageError(
      "there is nothing to change",
      "say what: --secret NAME, --field NAME=VALUE, --title, … (--help)",
    );
  if (notesFile !== undefined && removeNotes !== undefined)
    throw new UsageError("--notes-file and --remove-notes say two things", "leave one of them out");
  const changes = {
    ...(title === undefined ? {} : { title }),
    ...(removeNotes === undefined ? notesFrom(options) : { notes: "" }),
  };
  await withAgent(terminal, async (agent) => {
    const items = titlesIn(given.map(({ type = "", value }) => ({ fieldType: type, value })));
    const named = { vault: options.vault, item: wanted, ...(items.length === 0 ? {} : { items }) };
    const found = await locate(agent, "change", named);
    const place = idsOf(placeIn(found));
    const item = await agent.call("items.get", place);
    const parts = await withFields(item, given, removed);
    const fields = await withReferences(agent, place.vaultId, parts.fields, foundTogether(items, found.itemIds));
    const more = { tags: tagsOf(item, options), websites: websitesOf(item, options) };
    const put = await naming(fields, () =>
      agent.call("items.put", { item: { ...item, ...changes, ...more, ...parts, fields } }),
    );
    terminal.result(overview(put), () => `Changed ${oneLine(put.title)}, now version ${put.version}.`);
  });
}

/** Given tags replace the existing ones. */
function tagsOf({ tags }: Item, { tag, removeTag = [] }: EditOptions): string[] {
  const before = tag ?? tags;
  if (removeTag.some((one) => !before.includes(one)))
    throw new UsageError(
      "--remove-tag names a tag that the item does not have",
      "`postern item get ITEM --vault VAULT` shows its tags",
    );
  return before.filter((one) => !removeTag.includes(one));
}

/** A given website is added to the existing ones. */
function websitesOf({ websites }: Item, { url = [], removeUrl = [] }: EditOptions): Item["websites"] {
  if (removeUrl.some((one) => !websites.some((site) => site.url === one)))
    throw new UsageError(
      "--remove-url names a website that the item does not have",
      "`postern item get ITEM --vault VAULT` shows its websites",
    );
  const kept = websites.filter((site) => !removeUrl.includes(site.url));
  const added = url.filter((one) => !kept.some((site) => site.url === one));
  return [...kept, ...[...new Set(added)].map(website)];
}
