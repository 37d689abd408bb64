import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { COMPARED_LINES_MAX, differenceOf } from "../../../daemon/policy/difference.ts";

const lines = fc.array(fc.constantFrom("a", "b", "c", "{", "}"), { maxLength: 12 });

describe("a difference", () => {
  test("is what a person sees in diff", () => {
    expect(differenceOf("a\nb\nc\n", "a\nB\nc\nd\n")).toEqual(["- b", "+ B", "+ d"]);
    expect(differenceOf("", "a\n")).toEqual(["+ a"]);
    expect(differenceOf("a\n", "")).toEqual(["- a"]);
    expect(differenceOf("a", "a\n")).toEqual([]);
  });

  test("takes every line that is gone and brings every line that is new, and nothing where both are one text", () => {
    fc.assert(
      fc.property(lines, lines, (before, after) => {
        const shown = differenceOf(before.join("\n"), after.join("\n"));
        const count = (all: readonly string[], line: string) => all.filter((one) => one === line).length;
        for (const line of new Set([...before, ...after]))
          expect(count(after, line)).toBe(count(before, line) - count(shown, `- ${line}`) + count(shown, `+ ${line}`));
        expect(differenceOf(before.join("\n"), before.join("\n"))).toEqual([]);
      }),
    );
  });

  test("of very many lines shows all of them, at once", () => {
    const many = (word: string) => Array.from({ length: COMPARED_LINES_MAX + 1 }, (_, at) => `${word}${at}`).join("\n");
    expect(differenceOf(many("a"), many("b"))).toHaveLength(2 * (COMPARED_LINES_MAX + 1));
  });
});
