// The page shows each invisible character of a value by its code, and everything else unchanged. Nothing is lost.
import fc from "fast-check";
import { expect, test } from "vitest";
import { visibleStretches } from "../../service/web/visible-text.ts";

const shown = (text: string) =>
  visibleStretches(text)
    .map(({ raw, code }) => (code === undefined ? raw : `<${code}>`))
    .join("");

test.each([
  ["plain text, ä and 漢字", "plain text, ä and 漢字"],
  ["two\nlines\tand a tab\r\n", "two\nlines\tand a tab\r\n"],
  ["a\u202eb\u200bc", "a<U+202E>b<U+200B>c"],
  ["\ufeffx", "<U+FEFF>x"],
  ["a\u00a0b\u2800c\u3000d", "a<U+00A0>b<U+2800>c<U+3000>d"],
  ["\u001b]52;c;x\u0007", "<U+001B>]52;c;x<U+0007>"],
  ["a\rb", "a<U+000D>b"],
  ["\ud800", "<U+D800>"],
  ["\u{e0041}", "<U+E0041>"],
  ["\u2028\u2029", "<U+2028><U+2029>"],
  ["👨\u200d👩\u200d👧 and ❤\ufe0f", "👨\u200d👩\u200d👧 and ❤\ufe0f"],
  ["1\ufe0f", "1<U+FE0F>"],
  ["a\u200db", "a<U+200D>b"],
  ["👨\u200d", "👨<U+200D>"],
  ["", ""],
])("%j is shown as %j", (text, expected) => {
  expect(shown(text)).toBe(expected);
});

test("the pieces join to the text again, and no piece shown unchanged holds a character that reorders or hides", () => {
  const text = fc.string({ unit: "binary", maxLength: 40 });
  const marked = fc
    .array(fc.constantFrom("\u202e", "\u200b", "\u2066", "\u00ad", "\u034f", "a", "\n"))
    .map((all) => all.join(""));
  fc.assert(
    fc.property(fc.oneof(text, marked), (value) => {
      const stretches = visibleStretches(value);
      expect(stretches.map(({ raw }) => raw).join("")).toBe(value);
      for (const { raw, code } of stretches)
        if (code === undefined)
          expect(raw).not.toMatch(/[\u202a-\u202e\u2066-\u2069\u200b\u200e\u200f\u00ad\ufeff]|\u034f/);
    }),
  );
});
