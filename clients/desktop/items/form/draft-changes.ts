// The changes of a draft that a person makes in the form. Each makes another draft, so a draft that nobody touched is the one that was read.
import type { ItemField, Website } from "../../../typescript/generated.ts";
import { type Draft, type DraftField, newKey } from "./draft.ts";

export type Change = (draft: Draft) => Draft;

export const withText =
  (part: "title" | "notes", text: string): Change =>
  (draft) => ({ ...draft, [part]: text });

export const withField =
  (key: string, change: (field: ItemField) => ItemField): Change =>
  (draft) => ({
    ...draft,
    fields: draft.fields.map((one) => (one.key === key ? { ...one, field: change(one.field) } : one)),
  });

export const withMoreFields =
  (...fields: readonly DraftField[]): Change =>
  (draft) => ({ ...draft, fields: [...draft.fields, ...fields] });

export const withoutField =
  (key: string): Change =>
  (draft) => ({ ...draft, fields: draft.fields.filter((one) => one.key !== key) });

export const withNewSection =
  (title: string, key = newKey()): Change =>
  (draft) => ({ ...draft, sections: [...draft.sections, { key, isNew: true, section: { id: "", title } }] });

export const withSectionTitle =
  (key: string, title: string): Change =>
  (draft) => ({
    ...draft,
    sections: draft.sections.map((one) => (one.key === key ? { ...one, section: { ...one.section, title } } : one)),
  });

/** Takes a section away. Its fields stay, outside of all sections. */
export const withoutSection =
  (key: string): Change =>
  (draft) => ({
    ...draft,
    sections: draft.sections.filter((one) => one.key !== key),
    fields: draft.fields.map((one) => (one.group === key ? outside(one) : one)),
  });

const outside = (one: DraftField): DraftField => ({ ...one, group: "", field: { ...one.field, sectionId: "" } });

export const withTag =
  (tag: string): Change =>
  (draft) =>
    draft.tags.includes(tag) ? draft : { ...draft, tags: [...draft.tags, tag] };

export const withoutTag =
  (tag: string): Change =>
  (draft) => ({ ...draft, tags: draft.tags.filter((one) => one !== tag) });

const NEW_SITE: Website = { url: "", label: "website", autofillBehavior: "AnywhereOnWebsite" };

export const withNewSite: Change = (draft) => ({
  ...draft,
  sites: [...draft.sites, { key: newKey(), site: NEW_SITE }],
});

export const withSite =
  (key: string, part: Partial<Website>): Change =>
  (draft) => ({
    ...draft,
    sites: draft.sites.map((one) => (one.key === key ? { ...one, site: { ...one.site, ...part } } : one)),
  });

export const withoutSite =
  (key: string): Change =>
  (draft) => ({ ...draft, sites: draft.sites.filter((one) => one.key !== key) });
