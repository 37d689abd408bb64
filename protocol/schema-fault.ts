// Says why a value does not fit a schema. The words name only paths and rules of our schemas, and never a key or a value from
// outside.
import type { TSchema } from "typebox";
import { Errors } from "typebox/value";

/** A fault in the form of the validator. */
export type SchemaFault = {
  readonly keyword: string;
  readonly schemaPath: string;
  readonly instancePath: string;
  readonly message: string;
  readonly params: object;
};

/** The name of the value itself, and the words for a field that its schema does not have. */
export type FaultWords = { readonly whole: string; readonly unknown: string };

type Schema = {
  readonly anyOf?: readonly Schema[];
  readonly const?: unknown;
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
};

/**
 * Elements of a list, and fields of an object, that are looked at for the words of a fault. The validator goes on behind the first fault. So a
 * list of a million would keep the agent from answering for seconds. More than any list of ours may have: one that is too long is still found.
 */
export const FAULT_PARTS_MAX = 250;

/** The value with the first parts of its lists and objects. Its faults are looked for instead of those of the whole value. */
export function startOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, FAULT_PARTS_MAX).map(startOf);
  if (typeof value !== "object" || value === null) return value;
  const fields = Object.entries(value).slice(0, FAULT_PARTS_MAX);
  return Object.fromEntries(fields.map(([key, part]) => [key, startOf(part)]));
}

/** The first fault of a value as a sentence. Where the schema has several forms, the sentence is about the form that was meant. */
export function describeFault(
  schema: TSchema,
  value: unknown,
  faults: readonly SchemaFault[],
  words: FaultWords,
): string {
  return described(schema as Schema, value, faults, words, "");
}

/** `base` is the place of the value in the whole one. */
function described(
  schema: Schema,
  value: unknown,
  faults: readonly SchemaFault[],
  words: FaultWords,
  base: string,
): string {
  // A fault that all forms share comes first.
  const plain = faults.filter(({ schemaPath, keyword }) => !UNION.test(schemaPath) && keyword !== "anyOf");
  // The validator cuts a long list of faults, so the clearest fault may be missing from it.
  if (plain.some(({ keyword }) => keyword === "additionalProperties" || keyword === "boolean")) return words.unknown;
  const [fault] = plain;
  if (fault !== undefined) return sentenceOf(fault, words.whole, base);
  const inUnion = faults.find(({ schemaPath }) => UNION.test(schemaPath));
  if (inUnion === undefined) return "the shape is wrong";
  const way = inUnion.schemaPath.split(UNION)[0]?.split("/").slice(1) ?? [];
  const place = inUnion.instancePath.split("/").slice(1, 1 + stepsIn(way));
  const forms = (at(schema, way) as Schema | undefined)?.anyOf ?? [];
  return describedForm(forms, at(value, place), words, [base, ...place].join("/"));
}

/** The place in a schema's path at which it enters one of several forms. */
const UNION = /\/anyOf\/\d+/;

/** The number of steps into the value that a schema's path takes. */
function stepsIn(way: readonly string[]): number {
  return way.filter(
    (part, index) => part === "items" || way[index - 1] === "properties" || way[index - 1] === "patternProperties",
  ).length;
}

const at = (from: unknown, way: readonly string[]): unknown =>
  way.reduce<unknown>((value, part) => (isRecord(value) && Object.hasOwn(value, part) ? value[part] : undefined), from);

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

function describedForm(forms: readonly Schema[], value: unknown, words: FaultWords, base: string): string {
  const name = fieldOf(base) || `${words.whole} `;
  const kinds = `${name}must be ${[...new Set(forms.map(kindOf))].join(" or ")}`;
  if (!isRecord(value) || Array.isArray(value)) return kinds;
  const objects = forms.filter(({ properties }) => properties !== undefined);
  const meant = objects.toSorted((a, b) => likeness(b, value) - likeness(a, value))[0];
  if (meant === undefined) return kinds;
  // No form has the word of this value, so any of the forms may be meant.
  const word = Object.keys(meant.properties ?? {}).find((key) => isOtherWord(meant, key, value));
  if (word !== undefined && objects.every((form) => form.properties?.[word]?.const !== value[word]))
    return `${fieldOf(`${base}/${word}`)}must be ${objects.flatMap((form) => wordOf(form, word)).join(" or ")}`;
  if (Object.keys(value).length === 0)
    return `${objects.map((form) => neededOf(form, base)).join(", or ")} is required`;
  const foreign = foreignTo(meant, objects, value);
  if (foreign !== undefined) return `${fieldOf(`${base}/${foreign}`)}does not go with ${neededOf(meant, base)}`;
  return described(meant, value, Errors(meant as TSchema, value), words, base);
}

/** Scores how well a value fits this form. Its words count most, then its fields. */
function likeness(form: Schema, value: Record<string, unknown>): number {
  const { properties = {}, required = [] } = form;
  const keys = Object.keys(properties);
  const isSame = (key: string) => properties[key]?.const !== undefined && properties[key].const === value[key];
  const words = keys.filter(isSame).length - keys.filter((key) => isOtherWord(form, key, value)).length;
  const known = keys.filter((key) => Object.hasOwn(value, key)).length;
  const missing = required.filter((key) => !Object.hasOwn(value, key)).length;
  return words * WORD_WEIGHT + known * 2 - missing;
}

/** More points than all fields of any form together. */
const WORD_WEIGHT = 100;

function isOtherWord({ properties = {} }: Schema, key: string, value: Record<string, unknown>): boolean {
  const word = properties[key]?.const;
  return word !== undefined && Object.hasOwn(value, key) && word !== value[key];
}

const wordOf = (form: Schema, key: string): string[] => {
  const word = form.properties?.[key]?.const;
  return word === undefined ? [] : [JSON.stringify(word)];
};

/** A field that another form has and the meant one lacks. It is a name of ours, so an error may hold it. */
function foreignTo(meant: Schema, forms: readonly Schema[], value: Record<string, unknown>): string | undefined {
  const known = new Set(forms.flatMap(({ properties = {} }) => Object.keys(properties)));
  return [...known].find((key) => Object.hasOwn(value, key) && !Object.hasOwn(meant.properties ?? {}, key));
}

const neededOf = ({ required = [] }: Schema, base: string): string => namesIn(base, required);

const namesIn = (base: string, keys: readonly string[]): string =>
  keys.map((key) => fieldOf(`${base}/${key}`).trim()).join(", ");

function kindOf({ const: word, type, anyOf }: Schema): string {
  if (word !== undefined) return JSON.stringify(word);
  return type ?? anyOf?.map(kindOf).join(" or ") ?? "of another kind";
}

function sentenceOf(fault: SchemaFault, whole: string, base: string): string {
  const path = `${base}${fault.instancePath}`;
  if (fault.keyword === "required") {
    const missing = (fault.params as { requiredProperties?: string[] }).requiredProperties ?? [];
    return `${namesIn(path, missing)} is required`;
  }
  const field = fieldOf(path) || `${whole} `;
  // The one value is of our schema.
  if (fault.keyword === "const")
    return `${field}must be ${JSON.stringify((fault.params as { allowedValue?: unknown }).allowedValue)}`;
  return `${field}${fault.message}`;
}

/** Turns "/references/3" into "references[3] ". Unknown keys never get here: an earlier step sorts them out. */
function fieldOf(path: string): string {
  if (path === "") return "";
  const parts = path.slice(1).split("/");
  const text = parts
    .map((part, index) => (/^\d+$/.test(part) ? `[${part}]` : index === 0 ? part : `.${part}`))
    .join("");
  return `${text} `;
}
