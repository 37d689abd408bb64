// Adds and removes fields of an item as the command line says. Every unclear case is refused before anything is changed.

import type { Methods } from "../../typescript/generated.ts";
import { UsageError } from "../terminal/exit-code.ts";
import { oneLine } from "../terminal/terminal.ts";
import { type Field, type Item, onePart, type Part, partsOf, sectionsCalled } from "./field-match.ts";
import { type FieldName, type FieldType, secretTypes } from "./field-words.ts";
import { demandCodes, type Given, SECRET_OPTIONS } from "./given-fields.ts";
import { newFieldId, newSectionId, PRIVATE_KEY } from "./new-id.ts";
import { normalTitle } from "./normal-title.ts";
import { refusal } from "./one-of.ts";

type FieldPart = Extract<Part, { kind: "field" }>;
export type Holder = Pick<Item, "category" | "fields" | "sections" | "files" | "document" | "notes">;
type Parts = Pick<Item, "fields" | "sections">;

/** An item without content. */
export const emptyHolder = (category: Item["category"]): Holder => ({
  category,
  fields: [],
  sections: [],
  files: [],
  notes: "",
});

const fieldParts = (item: Holder) => partsOf(item).filter((part): part is FieldPart => part.kind === "field");

/** The fields and sections of an item, with the given fields and without the removed ones. */
export async function withFields(
  item: Holder,
  given: readonly Given[],
  removed: readonly FieldName[] = [],
): Promise<Parts> {
  const gone = removed.map((name) => present(item, name, "--remove-field").field);
  const targets = given.map((one) => onePart(item.sections, fieldParts(item), one, one.option)?.field);
  demandOnce([...gone, ...targets.filter((field) => field !== undefined)].map((field) => [field, field.title]));
  let parts: Parts = { fields: item.fields.filter((field) => !gone.includes(field)), sections: item.sections };
  const added: { word: Given; at: Field }[] = [];
  for (const [index, one] of given.entries()) {
    const target = targets[index];
    if (target !== undefined) {
      const changed = await changedField(target, one);
      parts = { ...parts, fields: parts.fields.map((field) => (field === target ? changed : field)) };
      continue;
    }
    parts = withNew({ ...item, ...parts }, one);
    added.push({ word: one, at: parts.fields.at(-1) as Field });
  }
  demandNew(added);
  return parts;
}

/** The field that a name means. Throws UsageError where there is none. */
export function present(item: Holder, name: FieldName, option: string): FieldPart {
  const found = onePart(item.sections, fieldParts(item), name, option);
  if (found !== undefined) return found;
  // A text behind an equals sign may be a secret in a wrong place.
  const told = named(name).replace(/=.*/s, "");
  throw refusal(
    "fieldNotFound",
    `${option} names a field that the item does not have${told === "" ? "" : `: ${told}`}`,
    "`postern item get ITEM --vault VAULT` shows its fields",
  );
}

/** Refuses two values for one field, since nobody can know which one was meant. Each comes with its title. */
function demandOnce(fields: readonly (readonly [unknown, string])[]): void {
  const seen = new Set<unknown>();
  for (const [field, title] of fields) {
    if (seen.has(field))
      throw new UsageError(`one field is named twice: ${oneLine(title)}`, "name each field once, with one value");
    seen.add(field);
  }
}

/** Refuses two new fields of one name in one section. */
function demandNew(added: readonly { word: Given; at: Field }[]): void {
  demandOnce(added.map(({ word, at }) => [JSON.stringify([at.sectionId ?? "", normalTitle(word.title)]), named(word)]));
}

/** The name as in the option, without the backslashes. */
const named = ({ section, title }: FieldName): string => oneLine(section === undefined ? title : `${section}/${title}`);

async function changedField(field: Field, given: Given): Promise<Field> {
  const wasSecret = secretTypes.has(field.fieldType);
  if (given.open && given.type === undefined && wasSecret)
    throw new UsageError(
      `--field is for what anybody may see, and the field ${named(given)} is a secret`,
      `${SECRET_OPTIONS}; where it is to be none, say its kind: --field 'NAME[text]=VALUE'`,
    );
  // A value that came in a secret way becomes a concealed field.
  const type = given.type ?? (given.open || wasSecret ? (field.fieldType as FieldType) : "Concealed");
  if (type === "Totp" && given.type === undefined) await demandCodes(given);
  const { details: _details, ...rest } = field;
  return { ...rest, ...valued(type, given) };
}

const isSshKey = (item: Holder, given: Given) =>
  (given.type ?? (given.open || item.category !== "SshKey" ? undefined : "SshKey")) === "SshKey";

function withNew(item: Holder, given: Given): Parts {
  // An item has one such key. It gets the official id and title, whatever name the option gave.
  if (isSshKey(item, given)) {
    const key: Field = { ...PRIVATE_KEY, value: given.value };
    return { sections: item.sections, fields: [...item.fields, key] };
  }
  const { sectionId, sections } = withSection(item, given);
  const field: Field = {
    id: newFieldId({ ...item, sections }, sectionId, given.title),
    title: given.title,
    ...(sectionId === undefined ? {} : { sectionId }),
    ...valued(given.type ?? (given.open ? "Text" : "Concealed"), given),
  };
  return { sections, fields: [...item.fields, field] };
}

/** The section of a new field. It is made where it is missing. */
function withSection(item: Holder, given: Given): { sectionId?: string; sections: Item["sections"] } {
  const { sections } = item;
  if (given.section === undefined) return { sections };
  if (given.section === "") return { sectionId: "", sections: sectionsOf(sections, { id: "", title: "" }) };
  const found = sectionsCalled(sections, given.section);
  const [one, another] = found;
  if (another !== undefined)
    throw refusal(
      "tooManyMatchingFields",
      `a name given to ${given.option} means more than one section`,
      `say which: ${found.map(({ id, title }) => `${id} (${oneLine(title)})`).join(", ")}`,
    );
  if (one !== undefined) return { sectionId: one.id, sections };
  const made = { id: newSectionId(sections, given.section), title: given.section };
  return { sectionId: made.id, sections: [...sections, made] };
}

const sectionsOf = (sections: Item["sections"], section: Item["sections"][number]) =>
  sections.some(({ id }) => id === section.id) ? sections : [...sections, section];

function valued(type: FieldType, { value, option }: Given): Pick<Field, "fieldType" | "value" | "details"> {
  if (type !== "Address" || value === "") return { fieldType: type, value };
  return { fieldType: type, value: "", details: { type: "Address", content: addressOf(value, option) } };
}

const ADDRESS_PARTS = ["street", "city", "state", "zip", "country"] as const;
type Address = Record<(typeof ADDRESS_PARTS)[number], string>;

/** Reads an address: JSON, or one line, which becomes the street. */
function addressOf(value: string, option: string): Address {
  const empty: Address = { street: "", city: "", state: "", zip: "", country: "" };
  if (!value.trimStart().startsWith("{")) return { ...empty, street: value };
  const entries = entriesOf(value);
  const isPart = ([name, part]: [string, unknown]) =>
    (ADDRESS_PARTS as readonly string[]).includes(name) && typeof part === "string";
  if (entries === undefined || !entries.every(isPart))
    throw new UsageError(
      `an address given to ${option} is not written as one`,
      `write {"street":"…"} with any of ${ADDRESS_PARTS.join(", ")} as texts, or the whole address in one line`,
    );
  return { ...empty, ...(Object.fromEntries(entries) as Partial<Address>) };
}

function entriesOf(json: string): [string, unknown][] | undefined {
  try {
    return Object.entries(JSON.parse(json) as object);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

type NewItem = Methods["items.create"]["params"]["item"];

/** The error of an invalid item, with the titles of its fields in place of their numbers. */
export function namingFields(fields: NewItem["fields"], message: string): string {
  return message.replaceAll(/fields\[(\d+)\](?:\.value)?/g, (whole, number: string) => {
    const title = fields?.[Number(number)]?.title;
    return title === undefined ? whole : `the field ${oneLine(title)}`;
  });
}
