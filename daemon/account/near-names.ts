// Suggests names for a reference that leads nowhere: names like the part that failed.
import { distance } from "fastest-levenshtein";
import { cleanText } from "../../protocol/clean-text.ts";
import { type FieldTitle, fieldTitles } from "../../protocol/secret/match.ts";

/** Suggested names: as many as a person compares at a glance. */
export const NEAR_MAX = 3;

/** Characters of a compared name. The work grows with their square. */
const COMPARED_LENGTH_MAX = 64;

/** In three characters one may differ. In four or more, two may, for example where two are swapped. */
const CHARACTERS_PER_SLIP = 3;
const SLIPS_MIN = 2;

/** Names that differ from the wanted one by slips, or continue it, nearest first. */
export function nearest(asked: string, names: readonly string[]): string[] {
  const wanted = compared(asked);
  if (wanted === "") return [];
  const slips =
    wanted.length <= CHARACTERS_PER_SLIP ? 1 : Math.max(SLIPS_MIN, Math.floor(wanted.length / CHARACTERS_PER_SLIP));
  const ranked = [...new Set(names)].flatMap((name) => {
    const other = compared(name);
    // A distance is at least the difference in length.
    const apart = Math.abs(other.length - wanted.length) > slips ? slips + 1 : distance(wanted, other);
    if (apart <= slips) return [{ name, apart }];
    return other.startsWith(wanted) && other !== wanted ? [{ name, apart: slips + 1 }] : [];
  });
  ranked.sort((a, b) => a.apart - b.apart || (a.name < b.name ? -1 : 1));
  return ranked.slice(0, NEAR_MAX).map(({ name }) => name);
}

const compared = (text: string) => [...cleanText(text).toLowerCase()].slice(0, COMPARED_LENGTH_MAX).join("");

/** The fields of an item, as the end of a reference names them. For a reference with a section, that section's fields come first. */
export function fieldsNear(
  item: Parameters<typeof fieldTitles>[0],
  { section, field }: { readonly section: string | undefined; readonly field: string },
): string[] {
  const all = fieldTitles(item);
  const named = (titles: readonly FieldTitle[]) => titles.map(referenceEnd);
  const inside = all.filter((one) => section === undefined || one.section === section || one.sectionId === section);
  // Most likely the same name in another section was meant.
  const same = all.filter((one) => !inside.includes(one) && compared(one.title) === compared(field));
  const near = new Set(
    nearest(
      field,
      inside.map(({ title }) => title),
    ),
  );
  return [...new Set(named([...same, ...inside.filter(({ title }) => near.has(title))]))].slice(0, NEAR_MAX);
}

const referenceEnd = ({ section, title }: FieldTitle) => (section === "" ? title : `${section}/${title}`);
