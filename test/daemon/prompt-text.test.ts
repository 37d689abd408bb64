import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { promptHash, promptText, SHOWN_LENGTH_MAX, shown } from "../../daemon/prompt-text.ts";
import { subject } from "./subjects.ts";

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
  ])("has lost %s", (_what, text, expected) => {
    expect(shown(text)).toBe(expected);
  });

  test("keeps letters of every script", () => {
    expect(shown("Zürich 東京 مرحبا")).toBe("Zürich 東京 مرحبا");
  });

  test("is cut one past its limit and not at it", () => {
    expect(shown("x".repeat(SHOWN_LENGTH_MAX))).toHaveLength(SHOWN_LENGTH_MAX);
    expect(shown("x".repeat(SHOWN_LENGTH_MAX + 1))).toBe(`${"x".repeat(SHOWN_LENGTH_MAX - 1)}…`);
  });

  test("never holds a control, whatever comes in", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(shown(text)).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\u2028\u2029]/u);
        expect([...shown(text)].length).toBeLessThanOrEqual(SHOWN_LENGTH_MAX);
      }),
    );
  });
});

describe("a prompt's text", () => {
  test("says who, what, and how long a yes lasts", () => {
    expect(promptText(subject("curl"), "read", ["op://V/I/f"])).toEqual([
      "/usr/bin/curl, process 42, wants to read:",
      "  op://V/I/f",
      "Yes holds for this process.",
    ]);
  });

  test("says that a yes in a terminal holds for everything started there", () => {
    const text = promptText({ ...subject("bash"), kind: "terminal", terminal: "/dev/pts/3" }, "read", []);
    expect(text.at(-1)).toBe("Yes holds for everything started in that terminal session.");
    expect(text[0]).toContain("on /dev/pts/3");
  });

  test("says that nothing lasting is given to whom no process could be held", () => {
    expect(promptText({ ...subject("sh"), kind: "once" }, "read", []).at(-1)).toContain("this one request");
  });

  test("has another hash for another prompt, and for another line", () => {
    const text = ["a", "b"];
    expect(promptHash("one", text)).not.toBe(promptHash("two", text));
    expect(promptHash("one", text)).not.toBe(promptHash("one", ["a", "c"]));
    expect(promptHash("one", ["a", "b"])).not.toBe(promptHash("one", ["ab"]));
  });
});
