// Attaches, deletes and replaces files of an item. The chunks are written before the version that names them, so a crash in between leaves
// nothing visible. Texts are the official ones.
import { PosternError } from "../../protocol/errors.ts";
import { itemLimits } from "../../protocol/item/item.ts";
import type { ItemContent, WrittenFile } from "../account/account-item.ts";

/** The place of a file: a field of its own in a section, or a Document's document. */
export type Attachment =
  | { readonly kind: "field"; readonly name: string; readonly sectionId: string; readonly fieldId: string }
  | { readonly kind: "document"; readonly name: string };

/** Throws the errors of writing this file to this item. Called before the chunks are written. */
export function demandAttachable(item: ItemContent, file: Attachment): void {
  if (file.kind === "document") {
    if (item.category !== "Document") throw invalid("only Document items can have their document replaced");
    if (item.document === undefined) throw invalid("document not found in item");
    return;
  }
  const taken = [...item.fields.map(({ id }) => id), ...item.files.map(({ fieldId }) => fieldId)];
  if (taken.includes(file.fieldId)) throw invalid("field or file with provided field/section ID already exists");
  if (item.files.length >= itemLimits.files)
    throw new PosternError("tooLarge", `an item has at most ${itemLimits.files} files`);
}

/** The item with the file in its place. A missing section is made. */
export function withFile(before: ItemContent, file: Attachment, written: WrittenFile): ItemContent {
  demandAttachable(before, file);
  const attributes = { name: file.name, id: written.id, size: written.size };
  if (file.kind === "document") return { ...before, document: attributes };
  const { sectionId, fieldId } = file;
  const known = before.sections.some(({ id }) => id === sectionId);
  const sections = known ? before.sections : [...before.sections, { id: sectionId, title: "" }];
  return { ...before, sections, files: [...before.files, { attributes, sectionId, fieldId }] };
}

/** The item without the file of this field. Its section stays. */
export function withoutFile(before: ItemContent, sectionId: string, fieldId: string): ItemContent {
  if (sectionId !== "" && !before.sections.some(({ id }) => id === sectionId))
    throw invalid("no section found with given section ID");
  const found = before.files.find((file) => file.sectionId === sectionId && file.fieldId === fieldId);
  if (found === undefined) throw invalid("no file field found with given section and field IDs");
  return { ...before, files: before.files.filter((file) => file !== found) };
}

const invalid = (text: string) => new PosternError("invalidItem", text);
