// How large the body of each operation may be: its bytes, its parts and its depth. All three follow from the operation's schema. So
// an operation that needs a kilobyte takes little more, and what cannot fit the schema is refused before a parser builds anything.
import type { TSchema } from "typebox";
import { type OperationName, serviceCatalogue, serviceLimits } from "../../protocol/service-catalogue.ts";

export type Bounds = {
  readonly bytes: number;
  /** Arrays, objects, texts and fractions, as `hasPartsAtMost` counts them. */
  readonly parts: number;
  readonly depth: number;
};

/** Bytes for white space that a client puts between the values. Ours puts none. */
export const SPACE_BYTES = 1024;

/** Bytes of a body without a session. Making an account needs some two kilobytes; all others need less than one. */
export const STRANGER_BODY_BYTES_MAX = 64 * 1024;

/** Bytes of one character where it is written as an escape (RFC 8259, section 7). */
const ESCAPED_BYTES = 6;

/** Bytes of a number: the longest double has 24. */
const NUMBER_BYTES = 24;

type Schema = {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly maxItems?: number;
  readonly maxLength?: number;
  readonly contentEncoding?: string;
  readonly pattern?: string;
  readonly anyOf?: readonly Schema[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
};

/** The bounds of one operation's body. */
export function boundsOf(operation: OperationName): Bounds {
  const known = cache.get(operation);
  if (known !== undefined) return known;
  const { params, signedIn } = serviceCatalogue[operation];
  const { bytes, ...rest } = boundsOfSchema(params);
  const most = signedIn ? serviceLimits.bodyBytes : STRANGER_BODY_BYTES_MAX;
  const bounds = { ...rest, bytes: Math.min(bytes + SPACE_BYTES, most) };
  cache.set(operation, bounds);
  return bounds;
}

const cache = new Map<OperationName, Bounds>();

/** The bounds of every JSON text without white space that fits the schema. Throws for a schema that sets none. */
export function boundsOfSchema(schema: TSchema): Bounds {
  return bounds(schema as Schema);
}

function bounds(schema: Schema): Bounds {
  if (schema.anyOf !== undefined) return largest(schema.anyOf.map(bounds));
  if (schema.const !== undefined) return ofValue(schema.const);
  if (schema.enum !== undefined) return largest(schema.enum.map(ofValue));
  if (schema.type === "object" && schema.properties !== undefined) return ofObject(schema.properties);
  if (schema.type === "array" && schema.items !== undefined && schema.maxItems !== undefined)
    return ofArray(schema.items, schema.maxItems);
  if (schema.type === "string") return { bytes: textBytes(schema), parts: 1, depth: 0 };
  if (schema.type === "integer" || schema.type === "number") return { bytes: NUMBER_BYTES, parts: 1, depth: 0 };
  if (schema.type === "boolean") return { bytes: "false".length, parts: 1, depth: 0 };
  throw new Error(`a schema of the service sets no bound: ${JSON.stringify(schema)}`);
}

function ofObject(properties: Readonly<Record<string, Schema>>): Bounds {
  const all = Object.entries(properties).map(([name, value]) => ({ name, value: bounds(value) }));
  return {
    // Each value has its name in quotes, a colon, and a comma after it.
    bytes: 2 + sum(all.map(({ name, value }) => JSON.stringify(name).length + 2 + value.bytes)),
    parts: 1 + sum(all.map(({ value }) => 1 + value.parts)),
    depth: 1 + Math.max(0, ...all.map(({ value }) => value.depth)),
  };
}

function ofArray(items: Schema, most: number): Bounds {
  const one = bounds(items);
  return { bytes: 2 + most * (one.bytes + 1), parts: 1 + most * one.parts, depth: 1 + one.depth };
}

/** A fixed text or number. `true` and `false` end in an `e`, which counts as the sign of a fraction. */
const ofValue = (value: unknown): Bounds => ({ bytes: JSON.stringify(value).length, parts: 1, depth: 0 });

function textBytes({ maxLength, pattern, contentEncoding }: Schema): number {
  // An id's pattern fixes its length, and base64 needs no escapes.
  const exact = /^\^\[[^\]]+\]\{(\d+)\}\$$/.exec(pattern ?? "")?.[1];
  if (exact !== undefined) return 2 + Number(exact);
  if (maxLength === undefined) throw new Error(`a text of the service has no longest length: ${pattern}`);
  return 2 + maxLength * (contentEncoding === "base64" ? 1 : ESCAPED_BYTES);
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);

const largest = (all: readonly Bounds[]): Bounds => ({
  bytes: Math.max(...all.map((one) => one.bytes)),
  parts: Math.max(...all.map((one) => one.parts)),
  depth: Math.max(...all.map((one) => one.depth)),
});
