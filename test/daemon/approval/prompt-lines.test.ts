// Anyone who may write to a vault chooses its titles. Whatever the titles are, a person must see every part of a
// request, and two different things must never have the same text. The tests make a small account of hostile titles,
// name every possible request for it, and compare the shown texts.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { missingLines, type Part, promptLines, type Thing } from "../../../daemon/approval/prompt-lines.ts";
import { promptText } from "../../../daemon/approval/prompt-text.ts";
import { normalTitle } from "../../../protocol/crypto/lookup-tag.ts";
import { subject } from "../peer/subjects.ts";

const id = (letter: string) => letter.repeat(26);

const part = (kind: Part["kind"], title: string | undefined, more: Partial<Part> = {}): Part => ({
  kind,
  id: id(kind.charAt(0)),
  title,
  unique: true,
  ...more,
});

const asked = {
  subject: subject("app"),
  verb: "read",
  isAct: false,
  account: undefined,
  choice: {},
  lockMs: 600_000,
} as const;
const text = (lines: readonly string[]) => promptText({ ...asked, things: [lines] }).slice(1, -2);
const told = (thing: Thing, before = "") => text(promptLines(thing, before));
const field = (...parts: Part[]): Thing => ({ what: "one field", parts });

const demo = part("vault", "Demo");
const password = part("field", "password");

describe("one line is enough for", () => {
  test.each(["DATABASE_URL", "Payment console", "me@example.com", "Größe", "staging-2.db", "AT&T"])("%s", (title) => {
    expect(told(field(demo, part("item", title), password))).toEqual([`  op://Demo/${title}/password`]);
  });
});

describe("a line for each part, without an id, is for", () => {
  test.each([
    "Prod/DB",
    "Payment console (EU)",
    "db in the vault Staging",
    "db in th\u0435 vault Staging",
    "a\u2215b",
    "a\u2571b",
    "\u05d0\u05d1",
    "東京",
  ])("%s", (title) => {
    expect(told(field(demo, part("item", title), password))).toEqual([
      "  one field:",
      "    vault: Demo",
      `    item: ${title}`,
      "    field: password",
    ]);
  });

  test("titles that are too long together", () => {
    const long = part("item", "x-".repeat(35));
    expect(told(field(demo, long, password)).slice(1)).toEqual([
      "    vault: Demo",
      `    item: ${"x-".repeat(35)}`,
      "    field: password",
    ]);
  });
});

test("a thing that could not be looked up is shown by its ids", () => {
  const unreached = { unreached: true } as const;
  const parts = [demo, part("item", undefined, unreached), part("field", undefined, unreached)];
  expect(told(field(...parts))).toEqual([
    "  one field:",
    "    vault: Demo",
    `    item id: ${id("i")}`,
    `    field id: ${id("f")}`,
  ]);
});

describe("an id is shown beside a title", () => {
  test.each([
    ["that another has", "db", { unique: false }],
    ["with a zero-width space", "d\u200bb", {}],
    ["with a no-break space", "d\u00a0b", {}],
    ["with two blanks", "d  b", {}],
    ["with a blank at its end", "db ", {}],
    ["with a blank at its start", " db", {}],
    ["with a Braille blank", "d\u2800b", {}],
    ["with a variation selector", "db\ufe0f", {}],
    ["with a ligature", "\ufb01le", {}],
    ["in another normal form", "Gro\u0308\u00dfe", {}],
    ["that looks cut", "db…", {}],
    ["that is cut", "x-".repeat(36), {}],
    ["that is an id", id("b"), {}],
    ["that holds an id", `db (${id("b")})`, {}],
    ["of nothing that is seen", "\u200b", {}],
  ])("%s", (_what, title, more) => {
    const lines = told({ what: "the item", parts: [demo, part("item", title, more)] });
    expect(lines).toContain(`    item id: ${id("i")}`);
    expect(lines).toContain("    vault: Demo");
  });
});

test("the words before a thing come first, and the whole fits", () => {
  const thing = { what: "the item", parts: [demo, part("item", "x-".repeat(15))] };
  expect(told(thing)).toHaveLength(1);
  expect(told(thing, "and share by a link to a copy: ")).toEqual([
    "  and share by a link to a copy: the item:",
    "    vault: Demo",
    `    item: ${"x-".repeat(15)}`,
  ]);
});

test("a thing that does not exist is shown by its id, letter by letter", () => {
  const nothing = part("item", undefined, { id: "db\n  op://Demo (x)" });
  expect(told({ what: "the item", parts: [demo, nothing] })).toEqual([
    "  the item:",
    "    vault: Demo",
    "    no such item: db\\u{a}\\u{20}\\u{20}op\\u{3a}//Demo\\u{20}\\u{28}x\\u{29}",
  ]);
});

test("an id that fits a line is shown whole, and a longer one by its beginning and its hash", () => {
  const lineOf = (id: string) =>
    told(field(demo, part("item", "db"), part("field", "password", { id, unique: false }))).slice(-2);
  expect(lineOf("x".repeat(60))).toEqual(["    field: password", `    field id: ${"x".repeat(60)}`]);
  const [, one] = lineOf("x".repeat(61));
  const [, other] = lineOf(`${"x".repeat(60)}y`);
  expect(one).toMatch(/^ {4}field id: x{27}… sha256 [0-9a-f]{24}$/);
  expect(other).toMatch(/^ {4}field id: x{27}… sha256 [0-9a-f]{24}$/);
  expect(one).not.toBe(other);
  // The terminal shows this line without cutting it.
  expect(one?.length).toBeLessThan(78);
});

test("a long reference that leads nowhere pushes out no reason", () => {
  expect(text(missingLines("op://Demo/gone/x", "no item matched"))).toEqual(["  op://Demo/gone/x (no item matched)"]);
  expect(text(missingLines(`op://Demo/${"x".repeat(200)}/x`, "no item matched"))).toEqual([
    `  op://Demo/${"x".repeat(65)}…`,
    "    no item matched",
  ]);
});

const pieces = ["db", "DB", "a", " ", "  ", "\u00a0", "\u200b", "\n", "/", "(", ")", "…", "e\u0301", "é", "\ufb01"];
const words = [" in the vault ", "in the vault", "item: ", "item id: ", `(${id("a")})`, id("b"), "password", "op://"];
const title = fc.oneof(
  fc
    .array(fc.constantFrom(...pieces, ...words, "x".repeat(40), "東".repeat(20)), { minLength: 1, maxLength: 4 })
    .map((all) => all.join("")),
  fc.string({ unit: "binary", minLength: 1, maxLength: 100 }),
);

/** Things of one kind and place. A thing is unique when no other has its lookup tag. */
function named(kind: Part["kind"], titles: readonly string[], from: string): Part[] {
  const tags = titles.map(normalTitle);
  return titles.map((title, at) => ({
    kind,
    id: `${from}${kind.charAt(0)}${at}`.padEnd(26, "z"),
    title,
    unique: tags.filter((tag) => tag === tags[at]).length === 1,
  }));
}

/**
 * Every possible request for an account with these vaults, where each vault has these items and each item these fields.
 */
function things(vaults: string[], items: string[], fields: string[]): Thing[] {
  return named("vault", vaults, "").flatMap((vault) => [
    { what: "everything in the vault", parts: [vault] },
    { what: "the names in the vault", parts: [vault] },
    ...named("item", items, vault.id.slice(0, 2)).flatMap((item): Thing[] => [
      { what: "the item", parts: [vault, item] },
      { what: "the names in the item", parts: [vault, item] },
      ...named("field", fields, item.id.slice(0, 4)).map((one) => field(vault, item, one)),
    ]),
  ]);
}

describe("whatever the titles are", () => {
  const titles = fc.array(title, { minLength: 1, maxLength: 3 });

  test("no two things have one text", () => {
    fc.assert(
      fc.property(titles, titles, titles, (vaults, items, fields) => {
        const texts = things(vaults, items, fields).map((thing) => told(thing).join("\n"));
        expect(new Set(texts).size).toBe(texts.length);
      }),
      { numRuns: 500 },
    );
  });

  test("each part has its title whole, or its id", () => {
    fc.assert(
      fc.property(title, title, title, (vault, item, name) => {
        const parts = [part("vault", vault), part("item", item), part("field", name)];
        const lines = told(field(...parts));
        const line = `  op://${[vault, item, name].join("/")}`;
        for (const { kind, id, title } of parts)
          expect(lines.some((one) => [line, `    ${kind}: ${title}`, `    ${kind} id: ${id}`].includes(one))).toBe(
            true,
          );
      }),
      { numRuns: 500 },
    );
  });
});
