// The wire may only grow. The tests compare it with its state on the protocol's first day.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { namedTypesOf } from "../../clients/generate/named-types.ts";
import type { Schema } from "../../clients/generate/schema.ts";
import { catalogue } from "../../protocol/catalogue.ts";
import { features } from "../../protocol/features.ts";
import { PROTOCOL } from "../../protocol/limits.ts";
import { breaks, type State } from "./additions.ts";

const firstDay = JSON.parse(
  readFileSync(new URL(`../vectors/protocol-${PROTOCOL}.json`, import.meta.url), "utf8"),
) as State;
const today = JSON.parse(JSON.stringify(namedTypesOf(catalogue))) as State;
const announced = new Set<string>(Object.values(features).flatMap(({ brings }) => brings));

test("the catalogue of today only adds to the first day of its protocol", () => {
  expect(breaks(firstDay, today, announced)).toEqual([]);
});

test("each parameter that a feature brings exists", () => {
  const missing = [...announced].filter((brought) => {
    const [where = "", field = ""] = brought.split(" ");
    const schema = today.methods[where]?.params ?? today.types[where];
    return (schema?.anyOf ?? [schema]).every((form) => form?.properties?.[field] === undefined);
  });
  expect(missing).toEqual([]);
});

function changed(path: readonly string[], change: (schema: Schema) => object): State {
  const state = structuredClone(today) as unknown as Record<string, unknown>;
  const parent = path
    .slice(0, -1)
    .reduce<Record<string, unknown>>((at, key) => at[key] as Record<string, unknown>, state);
  const last = path.at(-1) ?? "";
  parent[last] = change(parent[last] as Schema);
  return state as unknown as State;
}

const without = (schema: Schema, key: string) => {
  const { [key]: _gone, ...properties } = schema.properties ?? {};
  return { ...schema, properties, required: schema.required?.filter((name) => name !== key) };
};
const withField = (schema: Schema, key: string, isRequired = false) => ({
  ...schema,
  properties: { ...schema.properties, [key]: { type: "string" } },
  required: [...(schema.required ?? []), ...(isRequired ? [key] : [])],
});

describe("is found", () => {
  const rows: [what: string, path: string[], change: (schema: Schema) => object, told: string][] = [
    [
      "a parameter that is gone",
      ["methods", "secrets.resolve", "params"],
      (it) => without(it, "noWait"),
      "secrets.resolve noWait is gone",
    ],
    [
      "a parameter that must be sent now",
      ["methods", "items.list", "params"],
      (it) => ({ ...it, required: ["vaultId", "limit"] }),
      "items.list limit must be sent",
    ],
    [
      "a parameter that no feature brings",
      ["methods", "agent.hello", "params"],
      (it) => withField(it, "mood"),
      "agent.hello mood is brought by no feature",
    ],
    [
      "a field of a sent type that no feature brings",
      ["types", "ItemSection"],
      (it) => withField(it, "mood"),
      "ItemSection mood is brought by no feature",
    ],
    [
      "a parameter that takes less",
      ["types", "ItemSection", "properties", "id"],
      (it) => ({ ...it, maxLength: 127 }),
      "ItemSection id has another maxLength, which takes less",
    ],
    [
      "a limit where there was none",
      ["methods", "items.archive", "params", "properties", "noWait"],
      (it) => ({ ...it, maximum: 1 }),
      "items.archive noWait has another maximum, which takes less",
    ],
    [
      "a parameter of another type",
      ["methods", "items.list", "params", "properties", "limit"],
      (it) => ({ ...it, type: "string" }),
      "items.list limit was integer, and is string",
    ],
    ["a field of a result that is gone", ["types", "Prompt"], (it) => without(it, "waiters"), "Prompt waiters is gone"],
    [
      "a field of a result that may be missing now",
      ["types", "Grant"],
      (it) => ({ ...it, required: ["grant"] }),
      "Grant subject may be missing",
    ],
    [
      "a field of a list's entries that is gone",
      ["methods", "groups.members", "result", "properties", "members", "items"],
      (it) => without(it, "userId"),
      "groups.members result members[] userId is gone",
    ],
    [
      "a word that is gone",
      ["types", "ItemState"],
      () => ({ enum: ["active"] }),
      "ItemState has lost the word archived",
    ],
    [
      "a word of several literals that is gone",
      ["types", "Verb"],
      (it) => ({ anyOf: it.anyOf?.slice(1) }),
      "Verb has lost the word read",
    ],
    ["a form that is gone", ["types", "Proof"], (it) => ({ anyOf: it.anyOf?.slice(1) }), "Proof"],
    [
      "another type in place of one",
      ["methods", "items.get", "result"],
      () => ({ $ref: "#/components/schemas/Group" }),
      "items.get result was Item, and is Group",
    ],
    [
      "a named type that has no name now",
      ["methods", "items.get", "result"],
      () => today.types.Item ?? {},
      "items.get result was Item, and is without one",
    ],
  ];
  test.each(rows)("%s", (_what, path, change, told) => {
    expect(breaks(today, changed(path, change), announced)).toContainEqual(expect.stringContaining(told));
  });

  test("a method that is gone, and a type", () => {
    const { "agent.stop": _stop, ...methods } = today.methods;
    const { Share: _share, ...types } = today.types;
    expect(breaks(today, { types, methods }, announced)).toEqual(
      expect.arrayContaining(["the method agent.stop is gone", "the type Share is gone"]),
    );
  });
});

describe("is no break:", () => {
  const rows: [what: string, path: string[], change: (schema: Schema) => object][] = [
    ["a new method", ["methods", "later.method"], () => ({ params: {}, result: {} })],
    ["a new type", ["types", "Later"], () => ({ type: "object" })],
    ["a field more in a result", ["types", "Prompt"], (it) => withField(it, "mood")],
    ["a field more that each result has", ["types", "Prompt"], (it) => withField(it, "mood", true)],
    ["a word more", ["types", "ItemState"], () => ({ enum: ["active", "archived", "asleep"] })],
    [
      "a parameter that need not be sent any more",
      ["methods", "prompts.answer", "params"],
      (it) => ({ ...it, required: [] }),
    ],
    ["a parameter that takes more", ["types", "ItemSection", "properties", "id"], (it) => ({ ...it, maxLength: 129 })],
  ];
  test.each(rows)("%s", (_what, path, change) => {
    expect(breaks(today, changed(path, change), announced)).toEqual([]);
  });

  test("a parameter that a feature brings", () => {
    const grown = changed(["methods", "agent.hello", "params"], (it) => withField(it, "mood"));
    expect(breaks(today, grown, new Set([...announced, "agent.hello mood"]))).toEqual([]);
  });
});
