// Values that fit a schema, for fast-check. Also values with one altered place, which may fit or not.
import fc, { type Arbitrary } from "fast-check";
import type { TSchema } from "typebox";
import { Check } from "typebox/value";

type Pools = { readonly texts: readonly string[]; readonly numbers: readonly number[] };

/** The strangest texts and numbers that a shape allows. */
const odd: Pools = {
  texts: ["", "x", "op://v/i/f", "größe 😀", "a".repeat(26), "2026-01-02T03:04:05Z"],
  numbers: [0, 1, 255, 65_536, 0xffffffff],
};

/** Texts for shapes with further rules. Those that fit a rule are used. */
const refined = [
  "2026-01-02T03:04:05Z",
  "2026-01-02T03:04:05.123456Z",
  "2024-02-29t23:59:59+05:30",
  "0001-01-01 00:00:00z",
  "",
  "AQ==",
  "AQID",
];

type Schema = {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly TSchema[];
  readonly items?: TSchema;
  readonly properties?: Readonly<Record<string, TSchema>>;
  readonly required?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
};

export function arbitraryOf(of: TSchema, pools: Pools = odd): Arbitrary<unknown> {
  const schema = of as Schema;
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  if (schema.anyOf !== undefined) return fc.oneof(...schema.anyOf.map((one) => arbitraryOf(one, pools)));
  if ("~refine" in of) return fc.constantFrom(...refined.filter((text) => Check(of, text)));
  if (schema.type === "string") return fc.constantFrom(...pools.texts);
  if (schema.type === "boolean") return fc.boolean();
  if (schema.type === "null") return fc.constant(null);
  if (schema.type === "integer") {
    const { minimum = 0, maximum = Number.MAX_SAFE_INTEGER } = schema;
    return fc.constantFrom(...pools.numbers.filter((number) => number >= minimum && number <= maximum));
  }
  if (schema.type === "array") return fc.array(arbitraryOf(schema.items as TSchema, pools), { maxLength: 3 });
  if (schema.type === "object")
    return fc.record(
      Object.fromEntries(
        Object.entries(schema.properties ?? {}).map(([key, value]) => [key, arbitraryOf(value, pools)]),
      ),
      { requiredKeys: [...(schema.required ?? [])] },
    );
  return fc.constantFrom(...junk);
}

const junk = [null, "", "x", 0, -1, 1.5, 4_294_967_296, true, [], ["x"], [300], {}, { type: "x" }] as const;

type Alteration = { readonly at: number; readonly kind: "replace" | "remove" | "add"; readonly by: unknown };

const alteration: Arbitrary<Alteration> = fc.record({
  at: fc.nat(),
  kind: fc.constantFrom("replace", "replace", "remove", "remove", "add"),
  by: fc.constantFrom(...junk),
});

/**
 * A third of the values stay unchanged. Each of the others has one value replaced, one key removed or one key added.
 */
export function mutated(values: Arbitrary<unknown>): Arbitrary<unknown> {
  return fc.oneof(values, {
    weight: 2,
    arbitrary: fc.tuple(values, alteration).map(([value, how]) => altered(structuredClone(value), how)),
  });
}

type Place = { readonly holder: Record<string, unknown>; readonly key: string };

function placesIn(value: unknown): Place[] {
  if (typeof value !== "object" || value === null) return [];
  const holder = value as Record<string, unknown>;
  return Object.keys(holder).flatMap((key) => [{ holder, key }, ...placesIn(holder[key])]);
}

function altered(value: unknown, { at, kind, by }: Alteration): unknown {
  const places = placesIn(value);
  const place = places[at % Math.max(1, places.length)];
  if (place === undefined) return { ...(value as object), unknown: by };
  const { holder, key } = place;
  const isStructure = typeof holder[key] === "object" && holder[key] !== null && !Array.isArray(holder[key]);
  if (kind === "add") holder.unknown = by;
  else if (kind === "remove" && !Array.isArray(holder)) delete holder[key];
  // The core also reads structures as lists. The comparison leaves this out on purpose.
  else if (!(isStructure && Array.isArray(by))) holder[key] = by;
  return value;
}
