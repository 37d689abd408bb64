// The faults of a draft, each at its place in the form, with the next step. The agent has the last word: what it refuses about a field is told at
// that field too.
import { formatRules } from "../../../../protocol/item/field-format.ts";
import { totpCode } from "../../../../protocol/secret/totp.ts";
import type { ItemField } from "../../../typescript/generated.ts";
import { itemLimits } from "../../../typescript/generated-limits.ts";
import { type Draft, drawnSections, keyAt } from "./draft.ts";

/** The place of a fault: a part of the form by its name, and by its key where there are several. */
export type FaultPlace =
  | "title"
  | "notes"
  | "tags"
  | "file"
  | `field/${string}`
  | `section/${string}`
  | `site/${string}`;

export type Faults = ReadonlyMap<FaultPlace, string>;

export function faultsOf(draft: Draft): Faults {
  const found: [FaultPlace, string | undefined][] = [
    ["title", titleFault(draft.title)],
    ...draft.fields.map(({ key, field }): [FaultPlace, string | undefined] => [`field/${key}`, fieldFault(field)]),
    ...drawnSections(draft).map(({ key, section }): [FaultPlace, string | undefined] => [
      `section/${key}`,
      tooLong(section.title, itemLimits.title, "The name of the section"),
    ]),
    ["notes", tooLong(draft.notes, itemLimits.notes, "The notes")],
    ["tags", tagFault(draft.tags)],
    ...draft.sites.map(({ key, site }): [FaultPlace, string | undefined] => [
      `site/${key}`,
      site.url.trim() === ""
        ? "Write the address, or remove it."
        : (tooLong(site.url, itemLimits.url, "The address") ?? tooLong(site.label, itemLimits.title, "The label")),
    ]),
  ];
  return new Map(found.filter((one): one is [FaultPlace, string] => one[1] !== undefined));
}

/** Characters as the agent counts them. */
const lengthOf = (text: string): number => [...text].length;

function tooLong(text: string, most: number, what: string): string | undefined {
  // Nothing longer in units can be shorter in characters than half of it.
  const length = text.length <= most ? text.length : lengthOf(text);
  return length <= most ? undefined : `${what} may have ${most} characters. Here are ${length}. Shorten it.`;
}

const titleFault = (title: string): string | undefined =>
  title.trim() === "" ? "Give the item a title." : tooLong(title, itemLimits.title, "The title");

function tagFault(tags: readonly string[]): string | undefined {
  if (tags.length > itemLimits.tags)
    return `An item may have ${itemLimits.tags} tags. Here are ${tags.length}. Remove some.`;
  return tags.map((tag) => tooLong(tag, itemLimits.tag, "A tag")).find((fault) => fault !== undefined);
}

/** The next step for each kind whose values have a form. */
const FORMS: Partial<Record<ItemField["fieldType"], string>> = {
  Date: "Write a date that exists as YYYY-MM-DD, for one 2027-01-31.",
  MonthYear: "Write the month and the year as MM/YYYY, for one 07/2027.",
  Reference: "Write the id of another item: 26 small letters and digits, the last part of that item's address.",
};

function fieldFault(field: ItemField): string | undefined {
  const { title, fieldType, value, details } = field;
  const lines = details?.type === "Address" && details.content !== null ? Object.values(details.content) : [];
  const long =
    tooLong(title, itemLimits.title, "The name of the field") ??
    tooLong(value, itemLimits.value, "The value") ??
    lines.map((line) => tooLong(line, itemLimits.addressLine, "A line of an address")).find((one) => one !== undefined);
  if (long !== undefined) return long;
  if (formatRules([field]).length > 0) return FORMS[fieldType];
  return fieldType === "Totp" && value !== "" ? seedFault(value) : undefined;
}

function seedFault(seed: string): string | undefined {
  const made = totpCode(seed, Date.now());
  if (!("errorMessage" in made)) return undefined;
  const why = made.errorMessage.replace(/^[^:]*: /, "");
  return `This makes no one-time codes: ${why}. Give the secret that the site shows, or its otpauth://totp link.`;
}

/** The official words before the faults of an item. */
const BEFORE_FAULTS = /^.*the following errors: /;

const SENTENCE_END = /[.!?]$/;

/** The fault that the agent found: at its field where it names one. */
export function faultFromAgent(draft: Draft, message: string): { place: FaultPlace; text: string } | undefined {
  const [whole, number] = /fields\[(\d+)\](?:\.value)?:? ?/.exec(message) ?? [];
  const key = number === undefined ? undefined : keyAt(draft, Number(number));
  if (whole === undefined || key === undefined) return undefined;
  const why = message.replace(whole, "").replace(BEFORE_FAULTS, "").split("; ")[0] ?? "";
  return { place: `field/${key}`, text: `This was refused: ${why}${SENTENCE_END.test(why) ? "" : "."}` };
}
