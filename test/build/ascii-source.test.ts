// Programs in ASCII: the same values, and a refusal where an escape would mean something else.
import { expect, test } from "vitest";
import { asciiSource } from "../../clients/cli/ascii-source.ts";

const evaluated = (code: string): unknown => new Function(`return ${code}`)();

test.each([
  "'…'",
  "`a – b`",
  '"😀 é ᄀ"',
  "'\\\\…'",
  "/^[…–]$/.test('…')",
  "/^[😀]$/u.test('😀')",
  "({ größe: 1 }).größe",
  "(() => { /* … */ return 2 })()",
  "String.raw`\\n` + '…'",
])("%s keeps its value", (code) => {
  const ascii = asciiSource(code);
  expect(ascii).toMatch(/^[\0-\x7f]*$/);
  expect(evaluated(ascii)).toEqual(evaluated(code));
});

test.each(["'\\…'", "'\\\\\\…'", "/\\…/", "String.raw`…`", "String.raw`a\n…`"])("%s is refused", (code) => {
  expect(() => asciiSource(code)).toThrow("cannot be written in ASCII");
});

test("a program in ASCII stays as it is", () => {
  const code = "const a = '\\u2026\\\\'; // 1\n";
  expect(asciiSource(code)).toBe(code);
});
