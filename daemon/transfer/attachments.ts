// What attaching, deleting and replacing a file makes of an item. The chunks are written before the revision that names
// them, so a crash in between leaves nothing that anyone sees. Texts are the official ones.
import type { OpenedItem } from "../../clients/account/item-rows.ts";
import type { FileHeader } from "../../protocol/crypto/item.ts";
import { PosternError } from "../../protocol/errors.ts";
import { itemLimits } from "../../protocol/item/item.ts";

/** Where a file goes: a field of its own in a section, or the place of a Document's document. */
export type Attachment =
  | { readonly kind: "field"; readonly name: string; readonly sectionId: string; readonly fieldId: string }
  | { readonly kind: "document"; readonly name: string };

type Changed = Pick<OpenedItem, "overview" | "details" | "state" | "files">;

/** Throws what writing this file to this item would: asked before its chunks are. */
export function demandAttachable({ overview, details }: OpenedItem, file: Attachment): void {
  if (file.kind === "document") {
    if (overview.category !== "Document") throw invalid("only Document items can have their document replaced");
    if (details.document === undefined) throw invalid("document not found in item");
    return;
  }
  const taken = [...details.fields.map(({ id }) => id), ...details.files.map(({ fieldId }) => fieldId)];
  if (taken.includes(file.fieldId)) throw invalid("field or file with provided field/section ID already exists");
  if (details.files.length >= itemLimits.files)
    throw new PosternError("tooLarge", `an item has at most ${itemLimits.files} files`);
}

/** The item with the file in its place; a section that is missing is made. */
export function withFile(before: OpenedItem, file: Attachment, header: FileHeader): Changed {
  demandAttachable(before, file);
  const attributes = { name: file.name, id: header.id, size: header.size };
  const { details, overview, state } = before;
  if (file.kind === "document") {
    const old = details.document?.id;
    const files = [...before.files.filter(({ id }) => id !== old), header];
    return { overview, state, files, details: { ...details, document: attributes } };
  }
  const { sectionId, fieldId } = file;
  const known = details.sections.some(({ id }) => id === sectionId);
  const sections = known ? details.sections : [...details.sections, { id: sectionId, title: "" }];
  const files = [...details.files, { attributes, sectionId, fieldId }];
  return { overview, state, files: [...before.files, header], details: { ...details, sections, files } };
}

/** The item without the file of this field; its section stays. */
export function withoutFile(before: OpenedItem, sectionId: string, fieldId: string): Changed {
  const { details, overview, state } = before;
  if (sectionId !== "" && !details.sections.some(({ id }) => id === sectionId))
    throw invalid("no section found with given section ID");
  const found = details.files.find((file) => file.sectionId === sectionId && file.fieldId === fieldId);
  if (found === undefined) throw invalid("no file field found with given section and field IDs");
  const files = before.files.filter(({ id }) => id !== found.attributes.id);
  return { overview, state, files, details: { ...details, files: details.files.filter((file) => file !== found) } };
}

const invalid = (text: string) => new PosternError("invalidItem", text);
