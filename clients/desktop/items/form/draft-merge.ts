// A draft on top of a newer version of its item. What the person did not touch takes the newer state. What the person changed stays, and where the
// other side changed the same part too, the page names it. So neither side loses anything unseen.
import type { ItemField } from "../../../typescript/generated.ts";
import { type Content, type Draft, type DraftField, type DraftSection, draftOf } from "./draft.ts";

export type Merged = {
  readonly draft: Draft;
  /** The parts that both sides changed. The draft has the person's own. */
  readonly both: readonly string[];
};

const same = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);

/** What of a field a person changes. A one-time code is another one at each reading. */
const written = ({ title, sectionId = "", value, details }: ItemField) => [
  ...[title, sectionId, value],
  details?.type === "Address" ? details.content : null,
];

/** `base` is the item as the form read it, `theirs` the newer one. */
export function merged(base: Content, mine: Draft, theirs: Content): Merged {
  const both: string[] = [];
  const pick = <T>(name: string, before: T, own: T, other: T): T => {
    if (same(before, own) || same(own, other)) return other;
    if (!same(before, other)) both.push(name);
    return own;
  };
  const their = draftOf(theirs);
  const started = draftOf(base);
  const sitesOf = ({ sites }: Draft) => sites.map(({ site }) => site);
  const sites = pick("the addresses", sitesOf(started), sitesOf(mine), sitesOf(their));
  const fields = mergedFields(started, mine, their, both);
  return {
    draft: {
      title: pick("the title", base.title, mine.title, theirs.title),
      notes: pick("the notes", base.notes, mine.notes, theirs.notes),
      tags: pick("the tags", base.tags, mine.tags, theirs.tags),
      fields,
      sections: mergedSections(started, mine, their, { fields, both }),
      sites: same(sites, sitesOf(mine)) ? mine.sites : their.sites,
    },
    both,
  };
}

function mergedFields(base: Draft, mine: Draft, theirs: Draft, both: string[]): DraftField[] {
  const named = ({ field }: DraftField) => field.title || "a field without a name";
  const before = byKey(base.fields);
  const own = byKey(mine.fields);
  const other = byKey(theirs.fields);
  const isChanged = (one: DraftField, key: string) => {
    const first = before.get(key);
    return first === undefined || !same(written(one.field), written(first.field));
  };
  const kept = theirs.fields.flatMap((their) => {
    const ours = own.get(their.key);
    if (ours === undefined) {
      const isRemovedHere = before.has(their.key);
      if (isRemovedHere && isChanged(their, their.key)) both.push(named(their));
      return isRemovedHere ? [] : [their];
    }
    if (!isChanged(ours, their.key)) return [their];
    if (isChanged(their, their.key) && !same(written(ours.field), written(their.field))) both.push(named(their));
    return [ours];
  });
  const more = mine.fields.filter((ours) => {
    if (ours.isNew) return true;
    if (other.has(ours.key) || !isChanged(ours, ours.key)) return false;
    both.push(named(ours));
    return true;
  });
  return [...kept, ...more];
}

type SoFar = { readonly fields: readonly DraftField[]; readonly both: string[] };

function mergedSections(base: Draft, mine: Draft, theirs: Draft, { fields, both }: SoFar): DraftSection[] {
  const before = byKey(base.sections);
  const own = byKey(mine.sections);
  const other = byKey(theirs.sections);
  const used = new Set(fields.map(({ group }) => group));
  const titleOf = (key: string, of: ReadonlyMap<string, DraftSection>) => of.get(key)?.section.title;
  const kept = theirs.sections.flatMap((their) => {
    const ours = own.get(their.key);
    if (ours === undefined) return before.has(their.key) && !used.has(their.key) && their.key !== "" ? [] : [their];
    const first = titleOf(their.key, before);
    if (first === ours.section.title) return [their];
    if (![first, ours.section.title].includes(their.section.title)) both.push(ours.section.title);
    return [ours];
  });
  // A section that the other side removed stays as long as a field of the draft is in it.
  const more = mine.sections.filter(({ key, isNew }) => isNew || (!other.has(key) && used.has(key)));
  return [...kept, ...more];
}

const byKey = <T extends { readonly key: string }>(parts: readonly T[]): ReadonlyMap<string, T> =>
  new Map(parts.map((part) => [part.key, part]));
