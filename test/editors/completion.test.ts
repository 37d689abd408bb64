// What is offered for a typed reference, at the bounds of a list, and where nothing is.
import { describe, expect, test } from "vitest";
import { OFFERS_MAX, offersFor } from "../../clients/editors/server/completion.ts";
import { type AccountNames, namesFor } from "../../clients/editors/server/editor-names.ts";
import { vaultItems } from "../../clients/editors/server/known-names.ts";
import { typedReference } from "../../clients/editors/server/typed-reference.ts";

const VAULT = "v".repeat(26);

const itemsOf = (count: number, title = (index: number) => `item ${index}`) =>
  vaultItems(
    Array.from({ length: count }, (_, index) => ({
      id: `id-${index}`,
      title: title(index),
      state: "active",
      category: "Password",
      updatedAt: "2026-11-30T00:00:00.000Z",
    })),
  );

function offered(line: string, items = itemsOf(3)) {
  const names: AccountNames = { vaults: [{ id: VAULT, title: "Demo" }], items: async () => items };
  const typed = typedReference(line, ".env");
  if (typed === undefined) throw new Error("no reference is typed there");
  return offersFor(typed, { asked: async () => names, shape: async () => undefined });
}

test(`at most ${OFFERS_MAX} are offered, and an editor is told where there are more`, async () => {
  const most = await offered("A=op://Demo/", itemsOf(OFFERS_MAX));
  expect([most.offers.length, most.isWhole]).toEqual([OFFERS_MAX, true]);
  const more = await offered("A=op://Demo/", itemsOf(OFFERS_MAX + 1));
  expect([more.offers.length, more.isWhole]).toEqual([OFFERS_MAX, false]);
});

test("what begins with the typed part comes before what has it inside", async () => {
  const items = itemsOf(3, (index) => ["my db", "other", "db main"][index] ?? "");
  expect((await offered("A=op://Demo/DB", items)).offers.map(({ label }) => label)).toEqual(["db main", "my db"]);
});

describe("a typed reference", () => {
  test.each([
    ["A=op://", { before: [], typed: "", from: 7, isQuery: false }],
    ["A=op://De", { before: [], typed: "De", from: 7, isQuery: false }],
    ["A=op://My Vault/x y", { before: ["My Vault"], typed: "x y", from: 16, isQuery: false }],
    ["A=op://a/b/c/d", { before: ["a", "b", "c"], typed: "d", from: 13, isQuery: false }],
    ["A=op://a/b/c?att", { before: ["a", "b", "c"], typed: "att", from: 13, isQuery: true }],
    ['x "op://a/b" "op://c', { before: [], typed: "c", from: 19, isQuery: false }],
  ])("is read in %s", (line, expected) => expect(typedReference(line, ".env")).toMatchObject(expected));

  test.each(["", "op:/", "A=op", '"op://a"', '"op://a/b" and', "see op://a b", "A=op://a/b/c/d/e", "op://a}"])(
    "is none in %s",
    (line) => expect(typedReference(line, "a.txt")).toBeUndefined(),
  );
});

test("a word for a vault means the one with this id, or every one with this title", async () => {
  const items = itemsOf(1);
  const vaults = [
    { id: VAULT, title: "Demo" },
    { id: "w".repeat(26), title: "demo" },
  ];
  const known = await namesFor([VAULT, "DEMO", "Nowhere"], { vaults, items: async () => items });
  expect([...known.values()].map(({ kind }) => kind)).toEqual(["found", "several", "missing"]);
});
