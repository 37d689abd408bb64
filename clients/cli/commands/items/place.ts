// Finds the item that a command names, and shows one that was written.

import type { Methods } from "../../../typescript/generated.ts";
import { PosternError } from "../../../typescript/generated.ts";
import { type Agent, demandVault, itemId, vaultId } from "../../agent/session.ts";
import type { Item } from "../../items/field-match.ts";
import { namingFields } from "../../items/put-fields.ts";
import { withHint } from "../../terminal/with-hint.ts";

export type InVault = { vault: string };

export const vaultOption = ["--vault <vault>", "the vault, by title or id"] as const;

/** The ids of the item with this title or id, in the vault of the options. */
export async function placeOf(
  agent: Agent,
  options: { vault?: string },
  wanted: string,
  archivedAlone = false,
): Promise<{ vaultId: string; itemId: string }> {
  const vault = await vaultId(agent, demandVault(options).vault);
  return { vaultId: vault, itemId: await itemId(agent, vault, wanted, archivedAlone) };
}

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

/** The ids of the items that reference fields name. An id stays as it is. A title is looked up in the same vault. */
export async function withReferences(
  agent: Agent,
  vault: string,
  fields: readonly Item["fields"][number][],
): Promise<Item["fields"]> {
  const found: Item["fields"] = [];
  for (const field of fields) {
    const isTitle = field.fieldType === "Reference" && field.value !== "";
    found.push(isTitle ? { ...field, value: await itemId(agent, vault, field.value) } : field);
  }
  return found;
}
