// Finds the item that a command names, and shows one that was written.

import type { Methods } from "../../../typescript/generated.ts";
import { PosternError } from "../../../typescript/generated.ts";
import { type Agent, demandVault } from "../../agent/session.ts";
import type { Item } from "../../items/field-match.ts";
import { isId, itemFor, locate, type Place, type Purpose } from "../../items/locate.ts";
import { namingFields } from "../../items/put-fields.ts";
import { withHint } from "../../terminal/with-hint.ts";

export type InVault = { vault: string };

export const vaultOption = ["--vault <vault>", "the vault, by title or id"] as const;

/** The ids of the item with this title or id, in the vault of the options, for what the command does with it. */
export async function placeOf(
  agent: Agent,
  purpose: Purpose,
  options: { vault?: string },
  item: string,
): Promise<{ vaultId: string; itemId: string }> {
  return idsOf(await itemFor(agent, purpose, { vault: demandVault(options).vault, item }));
}

/** The ids alone, as parameters. */
export const idsOf = ({ vaultId, itemId }: Place) => ({ vaultId, itemId });

type AnyField = { readonly fieldType: string; readonly value: string };

/** The titles of other items that these fields name. */
export const titlesIn = (fields: readonly AnyField[]): string[] => [
  ...new Set(fields.filter(isTitled).map(({ value }) => value)),
];

const isTitled = ({ fieldType, value }: AnyField) => fieldType === "Reference" && value !== "" && !isId(value);

/** The result for a written item, without values. */
export const overview = ({ id, title, category, vaultId: vault, version }: Item) => ({
  id,
  title,
  category,
  vaultId: vault,
  version,
});

/** Writes an item. An error about a field names its title. */
export async function naming<T>(fields: Methods["items.create"]["params"]["item"]["fields"], write: () => Promise<T>) {
  try {
    return await write();
  } catch (error) {
    if (!(error instanceof PosternError) || error.errorName !== "invalidItem") throw error;
    throw withHint(error, error.hint, namingFields(fields, error.message));
  }
}

/** The fields with the ids of the items that they name. An id stays as it is. `known` are those that were found with the item. */
export async function withReferences(
  agent: Agent,
  vault: string,
  fields: readonly Item["fields"][number][],
  known: ReadonlyMap<string, string>,
): Promise<Item["fields"]> {
  const others = titlesIn(fields).filter((title) => !known.has(title));
  const { itemIds = [] } = others.length === 0 ? {} : await locate(agent, "list", { vault, items: others });
  const ids = new Map([...known, ...others.map((title, at) => [title, itemIds[at] ?? title] as const)]);
  return fields.map((field) => (isTitled(field) ? { ...field, value: ids.get(field.value) ?? field.value } : field));
}

/** The ids of titles that were found together, in one order. */
export const foundTogether = (titles: readonly string[], ids: readonly string[] = []): Map<string, string> =>
  new Map(titles.flatMap((title, at) => (ids[at] === undefined ? [] : [[title, ids[at]] as const])));
