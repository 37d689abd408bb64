// Compares the password generator with the official SDK's core: the same ranges and texts over the whole grid, the same alphabets and guarantees. Our
// own draws must be as even as chance, by chi-square with a fixed seed at p = 0.001.
import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import { describe, expect, test } from "vitest";
import {
  DIGITS,
  generatePassword,
  LETTERS,
  type PasswordRecipe,
  type RandomBytes,
  SYMBOLS,
  wordList,
} from "../../protocol/secret/generate-password.ts";

const { Secrets } = createRequire(import.meta.url)("@1password/sdk") as {
  Secrets: { generatePassword(recipe: PasswordRecipe): { password: string } };
};

/** The same bytes in every run: SHA-256 of a counter. */
function seeded(seed: string): RandomBytes {
  let count = 0;
  let held = Buffer.alloc(0);
  return (size) => {
    while (held.length < size) held = Buffer.concat([held, createHash("sha256").update(`${seed} ${count++}`).digest()]);
    const taken = held.subarray(0, size);
    held = held.subarray(size);
    return taken;
  };
}

const memorable = (
  wordCount: number,
  separatorType: "digits" | "digitsAndSymbols" | "hyphens" = "hyphens",
  capitalize = false,
): PasswordRecipe => ({
  type: "Memorable",
  parameters: { separatorType, capitalize, wordListType: "syllables", wordCount },
});
const pin = (length: number): PasswordRecipe => ({ type: "Pin", parameters: { length } });
const random = (length: number, includeDigits = true, includeSymbols = true): PasswordRecipe => ({
  type: "Random",
  parameters: { includeDigits, includeSymbols, length },
});

const verdict = (make: () => unknown, textOf: (thrown: unknown) => string): string => {
  try {
    make();
    return "made";
  } catch (thrown) {
    return textOf(thrown);
  }
};
const official = (recipe: PasswordRecipe) =>
  verdict(
    () => Secrets.generatePassword(recipe),
    (thrown) => (JSON.parse(String(thrown)) as { message: string }).message,
  );
const bytes = seeded("verdicts");
const ours = (recipe: PasswordRecipe) =>
  verdict(
    () => generatePassword(recipe, bytes),
    (thrown) => (thrown as Error).message,
  );

test("lengths are accepted and refused as by the official core, with its texts", () => {
  const grid = Array.from({ length: 110 }, (_, length) => length).flatMap((length) => [
    pin(length),
    random(length, length % 2 === 0, length % 3 === 0),
    memorable(length),
  ]);
  expect(grid.map(ours)).toEqual(grid.map(official));
  expect(new Set(grid.map(ours)).size).toBe(4);
});

describe("the alphabets are the official ones:", () => {
  const letters = new Set(LETTERS);
  test.each([
    ["letters alone", false, false, LETTERS],
    ["with digits", true, false, LETTERS + DIGITS],
    ["with symbols", false, true, LETTERS + SYMBOLS],
    ["with both", true, true, LETTERS + DIGITS + SYMBOLS],
  ] as const)("%s", (_what, digits, symbols, alphabet) => {
    const seen = new Set<string>();
    for (let index = 0; index < 120; index++)
      for (const character of Secrets.generatePassword(random(100, digits, symbols)).password) seen.add(character);
    expect([...seen].sort()).toEqual([...new Set(alphabet)].sort());
    expect(letters.size).toBe(48);
  });
});

test("every password has the promised characters, even the shortest", () => {
  const draw = seeded("promises");
  for (let index = 0; index < 2_000; index++) {
    const made = generatePassword(random(8), draw);
    expect(made).toMatch(/[2346789]/);
    expect(made).toMatch(/[!*\-.@_]/);
    const gaps = generatePassword(memorable(3, "digitsAndSymbols"), draw).replace(/[a-z]/g, "");
    expect(gaps).toHaveLength(2);
    expect(gaps).toMatch(/\d/);
    expect(gaps).toMatch(/[!*\-.@_]/);
  }
});

test("one whole chunk is capitalised on request, and otherwise none", () => {
  const draw = seeded("capitals");
  for (let index = 0; index < 300; index++) {
    const words = generatePassword(memorable(4, "hyphens", true), draw).split("-");
    expect(words.filter((word) => word === word.toUpperCase())).toHaveLength(1);
    expect(generatePassword(memorable(4), draw)).toMatch(/^[a-z]+(-[a-z]+){3}$/);
  }
});

test.each([
  ["fullWords", 7_776, /^[a-z]{3,9}$/],
  ["syllables", 9_445, /^[a-z]{2,4}$/],
  ["threeLetters", 9_702, /^[a-hj-km-np-rt-z]{3}$/],
] as const)("%s has %i chunks of its own, each once", (type, size, form) => {
  const list = wordList(type);
  expect(list).toHaveLength(size);
  expect(new Set(list).size).toBe(size);
  expect(list.filter((chunk) => !form.test(chunk))).toEqual([]);
});

describe("draws are even by chi-square at p = 0.001 with a fixed seed:", () => {
  /** The critical value by Wilson and Hilferty's cube. z is the value for 0.999. */
  const critical = (freedom: number) => {
    const z = 3.0902;
    return freedom * (1 - 2 / (9 * freedom) + z * Math.sqrt(2 / (9 * freedom))) ** 3;
  };
  const isEven = (counts: ReadonlyMap<string, number>, kinds: number, total: number) => {
    const expected = total / kinds;
    const missing = (kinds - counts.size) * expected;
    const sum = [...counts.values()].reduce((all, count) => all + (count - expected) ** 2 / expected, missing);
    expect(sum).toBeLessThan(critical(kinds - 1));
  };
  const counted = (values: Iterable<string>) => {
    const counts = new Map<string, number>();
    for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
    return counts;
  };
  const many = (count: number, recipe: PasswordRecipe, seed: string) => {
    const draw = seeded(seed);
    return Array.from({ length: count }, () => generatePassword(recipe, draw));
  };

  test("the digits of a PIN, at every place", () => {
    const pins = many(20_000, pin(4), "pin");
    for (let at = 0; at < 4; at++) isEven(counted(pins.map((made) => made[at] ?? "")), 10, pins.length);
  });

  test("the letters of a password, at its ends and its middle", () => {
    const made = many(20_000, random(9, false, false), "letters");
    for (const at of [0, 4, 8]) isEven(counted(made.map((text) => text[at] ?? "")), 48, made.length);
  });

  test("the place of a promised digit", () => {
    const made = many(20_000, random(8, true, false), "digit").filter((text) => text.replace(/\D/g, "").length === 1);
    isEven(counted(made.map((text) => String(text.search(/\d/)))), 8, made.length);
  });

  test("the choice of a chunk, and of the capitalised one", () => {
    const made = many(40_000, memorable(3, "hyphens", true), "chunks").map((text) => text.split("-"));
    isEven(counted(made.map((words) => String(words.findIndex((one) => !/[a-z]/.test(one))))), 3, made.length);
    const list = wordList("syllables");
    isEven(counted(made.flat().map((word) => word.toLowerCase())), list.length, made.length * 3);
  });

  test("the separators between chunks", () => {
    const gaps = many(30_000, memorable(3, "digits"), "gaps").map((text) => text.replace(/[a-z]/g, ""));
    for (const at of [0, 1]) isEven(counted(gaps.map((gap) => gap[at] ?? "")), 7, gaps.length);
    const mixed = many(30_000, memorable(3, "digitsAndSymbols"), "mixed").map((text) => text.replace(/[a-z]/g, ""));
    // Of two gaps one holds a digit and the other a symbol. That makes 10 · 6 pairs in either order.
    isEven(counted(mixed), 120, mixed.length);
  });
});
