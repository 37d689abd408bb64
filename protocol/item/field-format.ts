// Values of typed fields: dates, months, references to items, addresses. Texts are the official ones. Where an official text repeats
// a value that the client sent, ours names the place.
import type { AddressFieldDetails, ItemField } from "./item.ts";

const YEARS = { min: 1000, max: 2999 } as const;
const DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;
const ITEM_ID = /^[a-z2-7]{26}$/;

/** The faults in the values of these fields. An empty value counts as no value. It fits every type but an address. */
export function formatRules(fields: readonly ItemField[]): string[] {
  const broken = fields.flatMap((field, index) => {
    const rule = ruleOf(field);
    return rule === undefined ? [] : [`fields[${index}].value: ${rule}`];
  });
  const references = fields.filter(({ fieldType, value }) => fieldType === "Reference" && value !== "");
  const repeated = new Set(references.map(({ value }) => value)).size < references.length;
  return [...broken, ...(repeated ? ["Cannot have multiple references to the same item"] : [])];
}

function ruleOf({ fieldType, value, details }: ItemField): string | undefined {
  if (fieldType === "Address")
    return value !== "" && details === undefined
      ? "Address fields are constructed from the Address field's details. Provide valid AddressFieldDetails"
      : undefined;
  if (value === "") return undefined;
  if (fieldType === "Date") return dateRule(value);
  if (fieldType === "MonthYear") return monthRule(value);
  if (fieldType === "Reference" && !ITEM_ID.test(value)) return "reference does not refer to a valid UUID";
  return undefined;
}

function dateRule(value: string): string | undefined {
  const parts = /^(\d{4})-(\d{2})-(\d{2})$/.exec(value);
  if (parts === null) return "invalid date format. must be YYYY-MM-DD";
  const [year, month, day] = parts.slice(1).map(Number) as [number, number, number];
  if (!isYear(year)) return YEAR_RULE;
  if (month < 1 || month > 12) return "invalid month";
  if (day < 1 || day > daysIn(year, month)) return "invalid day";
  return undefined;
}

function monthRule(value: string): string | undefined {
  const parts = /^(\d{2})\/(\d{4})$/.exec(value);
  if (parts === null) return "error parsing month-year field: invalid month-year format. must be MM/YYYY";
  const [month, year] = parts.slice(1).map(Number) as [number, number];
  if (!isYear(year)) return `error parsing month-year field: ${YEAR_RULE}`;
  return month < 1 || month > 12 ? "error parsing month-year field: invalid month" : undefined;
}

const YEAR_RULE = `invalid year: must be between ${YEARS.min} and ${YEARS.max}, inclusive`;
const isYear = (year: number) => year >= YEARS.min && year <= YEARS.max;

function daysIn(year: number, month: number): number {
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  return month === 2 && !isLeap ? 28 : (DAYS[month - 1] ?? 0);
}

/** An address as one line. A reference to it reads this. */
export function addressLine({ street, city, state, zip, country }: AddressFieldDetails): string {
  return [street, city, [state, zip].filter((part) => part !== "").join(" "), country]
    .filter((part) => part !== "")
    .join(", ");
}
