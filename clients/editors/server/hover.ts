// What a person reads over a reference: what it leads to, by name. No value.
import type { SecretReference } from "../../typescript/generated-reference.ts";
import { type EditorNames, type ItemShape, namesFor, vaultsCalled } from "./editor-names.ts";
import { itemsCalled, nameFault, normal } from "./known-names.ts";

/** The lines as plain text. Titles are others' words, and a title with Markdown would show a link. */
export async function hoverText(
  reference: SecretReference,
  names: Pick<EditorNames, "known" | "shape">,
): Promise<string> {
  const known = await names.known();
  if (known === undefined)
    return "Postern: the names are not known here. Complete a reference, or run the command postern.allowNames.";
  const fault = nameFault(reference, await namesFor([reference.vault], known));
  if (fault !== undefined) return `${fault.message}\n${fault.next}`;
  const [vault] = vaultsCalled(reference.vault, known.vaults);
  const [item] = vault === undefined ? [] : itemsCalled(reference.item, await known.items(vault.id));
  if (vault === undefined || item === undefined) return "";
  const shape = await names.shape(vault.id, item.id);
  return [
    oneLine(item.title),
    `${item.category} in the vault ${oneLine(vault.title)}`,
    `last changed ${item.updatedAt}`,
    shape === undefined
      ? "its fields are not shown: this editor may not read the item yet"
      : fieldLine(reference, shape),
  ].join("\n");
}

function fieldLine({ section, field }: SecretReference, { fields }: ItemShape): string {
  const called = fields.filter(
    (one) =>
      (one.id === field || normal(one.title) === normal(field)) &&
      (section === undefined || normal(one.section) === normal(section)),
  );
  const [found] = called;
  if (found === undefined) return "it has no such field";
  return called.length > 1
    ? "several of its fields fit"
    : `field ${oneLine(found.title)} (${found.type}); this editor may read it`;
}

/** A title is one line, and shows nothing that it is not. */
const oneLine = (text: string): string =>
  text
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/gu, " ")
    .replace(/\p{Default_Ignorable_Code_Point}/gu, "");
