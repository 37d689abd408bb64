// The draft of an item: what the form shows, and what is sent of it. A part that nobody touched is sent as it was read. So a kind of field that the
// form does not draw passes through it unchanged. The draft is in the page's memory alone.
import { newFieldId, newSectionId, PRIVATE_KEY } from "../../../cli/items/new-id.ts";
import type { Item, ItemField, ItemFieldType, ItemSection, Website } from "../../../typescript/generated.ts";

/** A field of the form. `key` stays the same while the person types a title. */
export type DraftField = {
  readonly key: string;
  /** The key of its section. Empty for none. */
  readonly group: string;
  /** Whether it has no id yet: a new field gets one when it is sent, from its title. */
  readonly isNew: boolean;
  readonly field: ItemField;
};

export type DraftSection = { readonly key: string; readonly isNew: boolean; readonly section: ItemSection };

export type DraftSite = { readonly key: string; readonly site: Website };

export type Draft = {
  readonly title: string;
  readonly fields: readonly DraftField[];
  readonly sections: readonly DraftSection[];
  readonly notes: string;
  readonly tags: readonly string[];
  readonly sites: readonly DraftSite[];
};

/** What of an item the form changes. */
export type Content = Pick<Item, "title" | "fields" | "sections" | "notes" | "tags" | "websites">;

let lastKey = 0;

/** A key that no part has. No id can have a slash, so it is no stored part's key either. */
export const newKey = (): string => `new/${++lastKey}`;

export function draftOf({ title, fields, sections, notes, tags, websites }: Content): Draft {
  const titled = new Set(sections.map(({ id }) => id).filter((id) => id !== ""));
  return {
    ...{ title, notes, tags },
    fields: fields.map((field) => ({
      key: field.id,
      group: titled.has(field.sectionId ?? "") ? (field.sectionId ?? "") : "",
      isNew: false,
      field,
    })),
    sections: sections.map((section) => ({ key: section.id, isNew: false, section })),
    sites: websites.map((site) => ({ key: newKey(), site })),
  };
}

/** The sections that the form draws. The one without a name holds what belongs to none. */
export const drawnSections = ({ sections }: Draft): readonly DraftSection[] =>
  sections.filter(({ isNew, section }) => isNew || section.id !== "");

export function newField(fieldType: ItemFieldType, title: string, group: string): DraftField {
  const field: ItemField =
    fieldType === "SshKey" ? { ...PRIVATE_KEY, value: "" } : { id: "", title, fieldType, value: "" };
  return { key: newKey(), group, isNew: true, field };
}

/** What the draft says. `before` is the item as it is stored, whose files have ids too. */
export function contentOf(draft: Draft, before: Pick<Item, "category" | "files" | "document">): Content {
  const ids = new Map<string, string>([["", ""]]);
  let sections: ItemSection[] = draft.sections.filter(({ isNew }) => !isNew).map(({ section }) => section);
  for (const { key, isNew, section } of draft.sections) {
    const id = isNew ? newSectionId(sections, section.title) : section.id;
    ids.set(key, id);
    if (isNew) sections = [...sections, { ...section, id }];
  }
  let fields: ItemField[] = draft.fields.filter(({ isNew }) => !isNew).map(({ field }) => field);
  const holder = { category: before.category, files: before.files, ...documentOf(before), sections };
  for (const { group, isNew, field } of draft.fields) {
    if (!isNew) continue;
    const sectionId = group === "" ? undefined : ids.get(group);
    const id = field.fieldType === "SshKey" ? field.id : newFieldId({ ...holder, fields }, sectionId, field.title);
    // The agent gives no section to a private key.
    const place = sectionId === undefined || field.fieldType === "SshKey" ? {} : { sectionId };
    fields = [...fields, { ...field, id, ...place }];
  }
  const { title, notes, tags } = draft;
  return { title, notes, tags: [...tags], fields, sections, websites: draft.sites.map(({ site }) => site) };
}

const documentOf = ({ document }: Pick<Item, "document">) => (document === undefined ? {} : { document });

/** The key of the field at this place of what `contentOf` made: the stored ones come first. */
export const keyAt = ({ fields }: Draft, at: number): string | undefined =>
  [...fields.filter(({ isNew }) => !isNew), ...fields.filter(({ isNew }) => isNew)][at]?.key;

/** Whether a field holds nothing. */
export function isEmpty({ value, details }: ItemField): boolean {
  if (details?.type !== "Address" || details.content === null) return value === "";
  return Object.values(details.content).every((part) => part === "");
}

/** The draft without the fields that were offered and left empty, and without the sections that are empty then. */
export function filledOnly(draft: Draft): Draft {
  const fields = draft.fields.filter(({ field }) => !isEmpty(field));
  const used = new Set(fields.map(({ group }) => group));
  return { ...draft, fields, sections: draft.sections.filter(({ key }) => used.has(key)) };
}
