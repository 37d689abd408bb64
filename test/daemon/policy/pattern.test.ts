// Patterns of references, against a slow and obvious reading of the same rule.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { matches, parsePattern, sentParts } from "../../../daemon/policy/pattern.ts";

const letters = fc.constantFrom(..."abB-_. 1");
const part = fc.string({ unit: letters, minLength: 1, maxLength: 8 });
const starred = fc.string({ unit: fc.oneof(letters, fc.constant("*")), minLength: 1, maxLength: 8 });
const parts = (one: fc.Arbitrary<string>) => fc.array(one, { minLength: 3, maxLength: 4 });
const written = (all: readonly string[]) => `op://${all.join("/")}`;

const isFor = (pattern: string, reference: string) => {
  const parsed = parsePattern(pattern);
  const sent = sentParts(reference);
  return parsed !== undefined && sent !== undefined && matches(parsed, sent);
};

/** The same rule as a regular expression, which may take long. */
function asExpression(pattern: string): RegExp {
  const escaped = pattern.replaceAll(/[.\\+?^${}()|[\]]/g, "\\$&").replaceAll("*", "[^/]*");
  return new RegExp(`^${escaped}$`, "i");
}

describe("a pattern", () => {
  test("matches what a star for anything within one part matches", () => {
    fc.assert(
      fc.property(parts(starred), parts(part), (pattern, reference) => {
        expect(isFor(written(pattern), written(reference))).toBe(
          asExpression(written(pattern)).test(written(reference)),
        );
      }),
    );
  });

  test("made from a reference by stars matches that reference, in any case", () => {
    const piece = fc.record({ text: part, from: fc.nat(8), to: fc.nat(8) });
    fc.assert(
      fc.property(parts(piece as unknown as fc.Arbitrary<string>), (pieces) => {
        const all = pieces as unknown as { text: string; from: number; to: number }[];
        const pattern = all.map(({ text, from, to }) => `${text.slice(0, from)}*${text.slice(Math.max(from, to))}`);
        const reference = written(all.map(({ text }) => text));
        expect(isFor(written(pattern), reference)).toBe(true);
        expect(isFor(written(pattern).toUpperCase().replace("OP://", "op://"), reference)).toBe(true);
      }),
    );
  });

  test.each([
    ["op://Work/*/password", "op://work/DB/PASSWORD", true],
    ["op://Work/*/password", "op://Work/DB/password?attribute=otp", true],
    ["op://Work/*/password", "op://Work/DB/login/password", false],
    ["op://Work/*/password", "op://Work2/DB/password", false],
    ["op://*/*/*", "op://a/b/c/d", false],
    ["op://a/b/ab*ba", "op://a/b/aba", false],
    ["op://a/b/*", "op://a/b/", true],
    ["op://a/b/c", "op://a/b", false],
    ["op://a/b/c", "no reference", false],
  ])("%s for %s: %s", (pattern, reference, expected) => {
    expect(isFor(pattern, reference)).toBe(expected);
  });

  test.each([
    "",
    "op://",
    "op://a/b",
    "op://a/b/c/d/e",
    "op://a//c",
    "op://a/b/c?attribute=otp",
    "op://ä/b/c",
    "OP://a/b/c",
  ])("is not %j", (text) => {
    expect(parsePattern(text)).toBeUndefined();
  });

  test("of stars alone is compared at once", () => {
    const pattern = `op://${"*a".repeat(60)}/${"*b".repeat(60)}/${"*c".repeat(60)}`;
    const before = performance.now();
    expect(isFor(pattern, `op://${"a".repeat(4_000)}x/${"b".repeat(4_000)}x/${"c".repeat(4_000)}x`)).toBe(false);
    expect(performance.now() - before).toBeLessThan(200);
  });
});
