// The ids of new fields and sections of an item. The command and the app make them alike, so that a reference looks the same whoever made the field.
// It runs in a browser too, and imports nothing of Node.
import type { Methods } from "../../typescript/generated.ts";
import { normalTitle } from "./normal-title.ts";
import { partId } from "./part-id.ts";

type Item = Methods["items.get"]["result"];

/** What the ids of new parts depend on. */
export type IdHolder = Pick<Item, "category" | "fields" | "sections" | "files" | "document">;

/** Ids of fields without a section. Autofill finds them by these ids. */
const BUILT_IN: Partial<Record<Item["category"], readonly string[]>> = {
  Login: ["username", "password"],
  Password: ["password"],
};

/** An item has one private key at most. It has the official id and title. */
export const PRIVATE_KEY = { id: "private_key", title: "private key", fieldType: "SshKey" } as const;

const CODE_PREFIX = "TOTP_";

/** The names of the notes, which an item may get later. */
const ALWAYS_TAKEN = ["notesPlain", "notes"];

/** The id of a new field. `sectionId` is undefined where nobody named a section. */
export function newFieldId(item: IdHolder, sectionId: string | undefined, title: string): string {
  const builtIn = BUILT_IN[item.category] ?? [];
  const taken = namesIn(item);
  const itself = sectionId === undefined ? builtIn.find((id) => id === normalTitle(title)) : undefined;
  const free = itself !== undefined && !taken.includes(itself);
  return free ? itself : partId(nameWithin(item.sections, sectionId, title), [...taken, ...builtIn]);
}

export function newSectionId(sections: Item["sections"], title: string): string {
  return partId(
    title,
    sections.flatMap((section) => [section.id, section.title]),
  );
}

/** The ids and titles of all parts. The agent puts a prefix before the id of a one-time code's field, so that id counts without it too. */
function namesIn({ fields, files, document }: IdHolder): string[] {
  const names = [
    ...fields.flatMap(({ id, title }) => [title, id]),
    ...files.flatMap(({ attributes, fieldId }) => [attributes.name, attributes.id, fieldId]),
    ...(document === undefined ? [] : [document.name, document.id]),
    ...ALWAYS_TAKEN,
  ];
  return names.flatMap((name) => (name.startsWith(CODE_PREFIX) ? [name, name.slice(CODE_PREFIX.length)] : [name]));
}

/** An id that includes the section: of three fields titled password, none should have the id "password". */
function nameWithin(sections: Item["sections"], sectionId: string | undefined, title: string): string {
  const section = sections.find(({ id }) => id === sectionId)?.title ?? "";
  return section === "" ? title : `${section} ${title}`;
}
