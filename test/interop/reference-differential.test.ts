// Compares our parser of references with the official SDK's core, which checks them offline. Both must give the same
// verdict and the same text for tens of thousands of texts: valid ones, nearly valid ones and noise.
import { createRequire } from "node:module";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseReference } from "../../protocol/secret/reference.ts";

const { Secrets } = createRequire(import.meta.url)("@1password/sdk") as {
  Secrets: { validateSecretReference(text: string): void };
};

/** Number of compared texts, shared among the generators. */
const RUNS = 24_000;

/** The official core's verdict: "ok", or its message. The core throws the JSON of an error as a string. */
function official(text: string): string {
  try {
    Secrets.validateSecretReference(text);
    return "ok";
  } catch (thrown) {
    const { name, message } = JSON.parse(String(thrown)) as { name: string; message: string };
    expect(name).toBe("ParsingSecretReference");
    return message;
  }
}

function ours(text: string): string {
  try {
    parseReference(text);
    return "ok";
  } catch (error) {
    const { name, message } = error as Error;
    expect(name).toBe("invalidReference");
    return message;
  }
}

const part = fc.string({ unit: fc.constantFrom(..."abcXYZ019 -_."), maxLength: 8 });
const path = fc.array(part, { minLength: 1, maxLength: 6 }).map((parts) => parts.join("/"));
const query = fc.oneof(
  fc.constantFrom(
    "attribute=otp",
    "attribute=totp",
    "ssh-format=openssh",
    "attribute=openssh",
    "ssh-format=otp",
    "attribute=",
    "=otp",
    "=",
    "",
    "attribute",
    "attr=otp",
    "Attribute=otp",
    "attribute=OTP",
    "attribute= otp",
    "attribute=otp&a=b",
    "attribute==otp",
    "attribute=otp#x",
    "attribute=ot%70",
    "attribute=é",
    "foo=bar",
    "attribute=otp/",
  ),
  fc.tuple(part, part).map(([key, value]) => `${key}=${value}`),
);
const legal = fc
  .tuple(path, fc.option(query))
  .map(([where, asked]) => `op://${where}${asked === null ? "" : `?${asked}`}`);

/** A valid text with one change anywhere. */
const nearly = fc
  .tuple(
    legal,
    fc.nat(),
    fc.constantFrom(
      "",
      "?",
      "/",
      "=",
      "%",
      "#",
      "é",
      "\n",
      "\t",
      "\u00a0",
      "\u200b",
      "&",
      "!",
      ":",
      "op://",
      "{",
      "😀",
      "ı",
      "İ",
      "\0",
      "\\",
      '"',
      "+",
      "@",
    ),
    fc.nat(2),
  )
  .map(([text, at, with_, remove]) => {
    const index = at % (text.length + 1);
    return text.slice(0, index) + with_ + text.slice(index + remove);
  });
const printable = fc.string({ unit: "grapheme", maxLength: 30 }).map((text) => `op://${text}`);
const noise = fc.string({ unit: "grapheme", maxLength: 30 });
const slashes = fc
  .array(fc.constantFrom("/", "a", "", "?", "=", "attribute=otp", " ", "."), { maxLength: 12 })
  .map((parts) => `op://${parts.join("")}`);

const text = fc.oneof(
  { weight: 6, arbitrary: legal },
  { weight: 6, arbitrary: nearly },
  { weight: 3, arbitrary: printable },
  { weight: 1, arbitrary: noise },
  { weight: 3, arbitrary: slashes },
);

test(`${RUNS} generated references have the same verdict and the same text`, { timeout: 300_000 }, () => {
  const counts = new Map<string, number>();
  fc.assert(
    fc.property(text, (reference) => {
      // The core takes UTF-8, so a lone surrogate cannot be passed to it.
      fc.pre(reference.isWellFormed());
      const expected = official(reference);
      counts.set(expected, (counts.get(expected) ?? 0) + 1);
      expect(ours(reference)).toBe(expected);
    }),
    { numRuns: RUNS, seed: 20261124 },
  );
  // Shows that the test is not empty: all six outcomes occurred, and often.
  expect(counts.size).toBe(6);
  for (const [outcome, count] of counts) expect([outcome, count >= 300]).toEqual([outcome, true]);
});

test("every single character up to U+2FFF in each position has the same verdict", { timeout: 300_000 }, () => {
  for (let code = 0; code < 0x3000; code++) {
    const character = String.fromCharCode(code);
    for (const reference of [`op://${character}/i/f`, `op://v/i/${character}`, `op://v/i/f?attribute=${character}`]) {
      if (ours(reference) !== official(reference)) throw new Error(`U+${code.toString(16)} differs`);
    }
  }
});

test.each([1, 255, 256, 4096, 100_000])("a part of %i characters has the same verdict", (length) => {
  const reference = `op://v/${"a".repeat(length)}/f`;
  expect(ours(reference)).toBe(official(reference));
});
