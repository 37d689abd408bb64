import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  displayed,
  displayedLine,
  LINE_COLUMNS_MAX,
  SHOWN_LENGTH_MAX,
} from "../../../daemon/account/displayed-text.ts";

describe("a shown text", () => {
  test.each([
    ["an escape sequence", "a\u001b[2Jb", "a[2Jb"],
    ["an OSC title", "a\u001b]0;x\u0007b", "a]0;xb"],
    ["a C1 control", "a\u009bb", "ab"],
    ["a right-to-left override", "a\u202eb", "ab"],
    ["an isolate", "a\u2066b\u2069", "ab"],
    ["a zero-width space", "a\u200bb", "ab"],
    ["a zero-width joiner", "a\u200db", "ab"],
    ["a byte order mark", "\ufeffab", "ab"],
    ["a Hangul filler", "a\u3164b", "ab"],
    ["a tag character", "a\u{e0041}b", "ab"],
    ["a line break", "a\nb", "ab"],
    ["a line separator", "a\u2028b", "ab"],
    ["a lone surrogate", "a\ud800b", "ab"],
    ["a variation selector", "a\ufe0fb", "ab"],
    ["a grapheme joiner", "a\u034fb", "ab"],
    ["an unassigned character", "a\u0378b", "ab"],
  ])("has lost %s", (_what, text, expected) => {
    expect(displayed(text)).toBe(expected);
  });

  test("keeps letters of every script", () => {
    expect(displayed("Zürich 東京 مرحبا")).toBe("Zürich 東京 مرحبا");
  });

  test.each([
    ["two blanks", "a  b"],
    ["a no-break space", "a\u00a0b"],
    ["an ideographic space", "a\u3000b"],
    ["a Braille blank", "a\u2800b"],
  ])("has one blank for %s", (_what, text) => {
    expect(displayed(text)).toBe("a b");
  });

  test("is cut one past its limit and not at it", () => {
    expect(displayed("x".repeat(SHOWN_LENGTH_MAX))).toHaveLength(SHOWN_LENGTH_MAX);
    expect(displayed("x".repeat(SHOWN_LENGTH_MAX + 1))).toBe(`${"x".repeat(SHOWN_LENGTH_MAX - 1)}…`);
  });

  test("never holds a control, whatever comes in", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(displayed(text)).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\u2028\u2029]/u);
        expect([...displayed(text)].length).toBeLessThanOrEqual(SHOWN_LENGTH_MAX);
      }),
    );
  });
});

describe("a shown line", () => {
  test("is cut one past its columns and not at them", () => {
    expect(displayedLine("x".repeat(LINE_COLUMNS_MAX))).toBe("x".repeat(LINE_COLUMNS_MAX));
    expect(displayedLine("x".repeat(LINE_COLUMNS_MAX + 1))).toBe(`${"x".repeat(LINE_COLUMNS_MAX - 1)}…`);
  });

  test("holds half as many letters that are two columns wide", () => {
    expect(displayedLine("東".repeat(LINE_COLUMNS_MAX / 2))).not.toContain("…");
    expect(displayedLine("東".repeat(LINE_COLUMNS_MAX / 2 + 1))).toBe(`${"東".repeat(LINE_COLUMNS_MAX / 2 - 1)}…`);
  });
});
