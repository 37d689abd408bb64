// Names of the wire as Go writes them. Each must be one word of Go, whatever the wire calls it.
import { describe, expect, test } from "vitest";
import { goErrorName, goName } from "../../clients/generate/go-names.ts";
import { catalogue } from "../../protocol/catalogue.ts";

test.each([
  ["vaultId", "VaultID"],
  ["items.shares.create", "ItemsSharesCreate"],
  ["cross-platform", "CrossPlatform"],
  ["rpId", "RpID"],
])("%s is %s", (name, go) => {
  expect(goName(name)).toBe(go);
});

test("an error keeps its word once", () => {
  expect([goErrorName("locked"), goErrorName("parseError")]).toEqual(["ErrLocked", "ErrParse"]);
});

describe("every word of the catalogue", () => {
  /** Each text that a schema names: a word of a list, or a constant. */
  function words(schema: unknown): string[] {
    if (Array.isArray(schema)) return schema.flatMap(words);
    if (typeof schema !== "object" || schema === null) return [];
    const { const: constant, enum: list, ...rest } = schema as { const?: unknown; enum?: unknown[] };
    const own = [constant, ...(list ?? [])].filter((word) => typeof word === "string");
    return [...own, ...Object.values(rest).flatMap(words)];
  }

  test("is one word in Go too, if it is one name", () => {
    const all = Object.values(catalogue).flatMap(({ params, result }) => words([params, result]));
    expect(all).toContain("cross-platform");
    expect(all.map(goName).filter((name) => !/^[A-Z]\w*$/.test(name))).toEqual([]);
  });
});
