// A reference compared with names: where it leads nowhere, to several, or to the archive.
import { describe, expect, test } from "vitest";
import { type KnownVault, nameFault, vaultItems } from "../../clients/editors/server/known-names.ts";
import { parseReference } from "../../clients/typescript/generated-reference.ts";

const id = (letter: string) => letter.repeat(26);
const item = (letter: string, title: string, state = "active") => ({
  id: id(letter),
  title,
  state,
  category: "Password",
  updatedAt: "2026-11-30T00:00:00.000Z",
});

const items = vaultItems([
  item("a", "Database"),
  item("b", "Twice"),
  item("c", "twice"),
  item("d", "Old", "archived"),
  item("e", "Both", "archived"),
  item("f", "Both"),
  item("g", "Cafe\u0301"),
]);
const names = new Map<string, KnownVault>([
  ["Demo", { kind: "found", items }],
  ["Gone", { kind: "missing" }],
  ["Many", { kind: "several" }],
  ["Either", { kind: "unsure" }],
]);

const fault = (text: string) => nameFault(parseReference(text), names);

test.each([
  "op://Demo/Database/x",
  "op://Demo/DATABASE/x",
  `op://Demo/${id("b")}/x`,
  "op://Demo/Both/x",
  "op://Other/anything/x",
])("%s has no fault", (text) => expect(fault(text)).toBeUndefined());

describe("a reference has a fault", () => {
  test.each([
    ["op://Demo/Databse/x", "reference-dangling", 'did you mean "Database"?'],
    ["op://Demo/Nothing/x", "reference-dangling", "item list"],
    ["op://Demo/Twice/x", "reference-ambiguous", `${id("b")}, ${id("c")}`],
    ["op://Demo/Old/x", "reference-archived", "item unarchive"],
    [`op://Demo/${id("d")}/x`, "reference-archived", "item unarchive"],
    [`op://Demo/${id("z")}/x`, "reference-dangling", "item list"],
    ["op://Gone/x/y", "reference-dangling", "vault list"],
    ["op://Many/x/y", "reference-ambiguous", "vault list"],
    ["op://Either/x/y", "reference-dangling", "vault list"],
  ])("%s: %s", (text, rule, next) => {
    expect(fault(text)).toMatchObject({ rule });
    expect(fault(text)?.next).toContain(next);
  });
});

test("no name of the archive is suggested", () => expect(fault("op://Demo/Olt/x")?.next).not.toContain("Old"));
