// The measure of the attacks on time: it tells classes apart that differ, and no others.
import { expect, test } from "vitest";
import { AUC_MAX, aucOf, isToldApart } from "./told-apart.ts";

const count = (length: number, of: (index: number) => number) => Array.from({ length }, (_, index) => of(index));

test.each([
  ["equal ones", count(100, () => 1), count(100, () => 1), 0.5],
  ["apart", count(10, () => 2), count(10, () => 1), 1],
  ["the other way", count(10, () => 1), count(10, () => 2), 0],
  ["half and half", [1, 3], [2, 2], 0.5],
  ["by one of four pairs", [2, 4], [1, 3], 0.75],
])("the area of %s", (_what, a, b, auc) => {
  expect(aucOf(a, b).auc).toBe(auc);
});

test("few samples tell nothing apart, and many do", () => {
  // Of a hundred values in steps, those of `a` lie twelve steps higher.
  const shifted = (length: number) =>
    [count(length, (index) => ((index * 37) % 100) + 12), count(length, (index) => (index * 37) % 100)] as const;
  expect(aucOf(...shifted(1_000)).auc).toBeGreaterThan(AUC_MAX);
  expect([isToldApart(...shifted(20)), isToldApart(...shifted(5_000))]).toEqual([false, true]);
  const [a, b] = shifted(5_000);
  expect(isToldApart(b, a)).toBe(true);
});
