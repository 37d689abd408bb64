// Values near a right one: one place or some places of it changed, as a broken or hostile program would send them.
import fc, { type Arbitrary } from "fast-check";

/** Seconds for each target. An hour finds what ten seconds do not. */
export const FUZZ_S = Number(process.env.POSTERN_TEST_FUZZ_SECONDS ?? 10);

/** Beside the time of a search: a start, an end, and a smaller case of what was found. */
export const FUZZ_MS_MAX = FUZZ_S * 1_000 + 80_000;

/** Runs until the time is over. A failure names its seed and its smallest case. */
export const untilTime = { numRuns: Number.MAX_SAFE_INTEGER, interruptAfterTimeLimit: FUZZ_S * 1_000 } as const;

/** What takes the place of a part: other types, bounds of numbers, and texts that parsers stumble over. */
const strange: Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    0,
    -1,
    1.5,
    2 ** 31,
    2 ** 53,
    1e308,
    "",
    " ",
    "\0",
    "\ud800",
    "\u202e\u2066",
    "../../etc/passwd",
    "__proto__",
    "op://",
    "9999-12-31T23:59:60Z",
    "AA",
    "x".repeat(70_000),
    [],
    {},
    [[[]]],
    { constructor: { prototype: null } },
    nested(300),
  ),
  fc.string(),
  fc.integer(),
  fc.jsonValue({ maxDepth: 2 }) as Arbitrary<unknown>,
);

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let at = 0; at < depth; at++) value = at % 2 === 0 ? [value] : { a: value };
  return value;
}

type Change = {
  readonly place: number;
  readonly how: "replace" | "remove" | "repeat" | "add" | "swap";
  readonly value: unknown;
};

const change: Arbitrary<Change> = fc.record({
  place: fc.nat(),
  how: fc.constantFrom("replace", "remove", "repeat", "add", "swap"),
  value: strange,
});

/** The value with none to three changes. */
export const altered = (value: unknown): Arbitrary<unknown> =>
  fc.array(change, { maxLength: 3 }).map((changes) => changes.reduce(changed, value));

type Part = { readonly holder: Record<string, unknown> | unknown[]; readonly key: string };

function changed(whole: unknown, { place, how, value }: Change): unknown {
  const root = { whole: structuredClone(whole) };
  const parts = partsOf(root);
  const part = parts[place % parts.length];
  if (part === undefined) return whole;
  const holder = part.holder as Record<string, unknown>;
  const other = parts[(place * 31) % parts.length] as Part;
  if (how === "replace") set(holder, part.key, value);
  else if (how === "remove") delete holder[part.key];
  else if (how === "swap") set(holder, part.key, (other.holder as Record<string, unknown>)[other.key]);
  else if (how === "repeat")
    set(
      holder,
      part.key,
      Array.from({ length: 101 }, () => holder[part.key]),
    );
  else if (typeof holder[part.key] === "object" && holder[part.key] !== null)
    set(holder[part.key] as Record<string, unknown>, "unknown", value);
  // A swap may have put a part into itself.
  return JSON.parse(JSON.stringify(root.whole ?? null)) as unknown;
}

/** A plain assignment to `__proto__` would set no field. */
const set = (holder: object, key: string, value: unknown) =>
  Object.defineProperty(holder, key, {
    value: structuredClone(value),
    enumerable: true,
    writable: true,
    configurable: true,
  });

function partsOf(value: object): Part[] {
  return Object.entries(value).flatMap(([key, part]): Part[] => {
    const own: Part = { holder: value as Part["holder"], key };
    return typeof part === "object" && part !== null ? [own, ...partsOf(part)] : [own];
  });
}

/** A request's bytes with some of them changed, cut or doubled. */
export const alteredBytes = (bytes: Uint8Array): Arbitrary<Uint8Array> =>
  fc
    .array(
      fc.record({ at: fc.nat(), byte: fc.nat({ max: 255 }), how: fc.constantFrom("set", "insert", "cut", "double") }),
      {
        maxLength: 6,
      },
    )
    .map((edits) => {
      let line = [...bytes];
      for (const { at, byte, how } of edits) {
        const place = at % (line.length + 1);
        if (how === "set") line[place] = byte;
        else if (how === "insert") line.splice(place, 0, byte);
        else if (how === "cut") line.splice(place, 1 + (byte % 40));
        else line = [...line.slice(0, place), ...line];
      }
      // A line break would end the frame.
      return Uint8Array.from(line.filter((one) => one !== 0x0a));
    });
