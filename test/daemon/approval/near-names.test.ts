import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fieldsNear, NEAR_MAX, nearest } from "../../../daemon/account/near-names.ts";
import type { DetailsContent } from "../../../protocol/item/item.ts";

describe("names near one", () => {
  test.each([
    ["Gihub", ["GitHub", "Wi-Fi", "Postgres"], ["GitHub"]],
    ["github", ["GitHub Actions", "GitLab"], ["GitLab", "GitHub Actions"]],
    ["pasword", ["password", "username"], ["password"]],
    ["API_KEY", ["api key", "API-KEY"], ["API-KEY", "api key"]],
    ["Schlussel", ["Schlüssel"], ["Schlüssel"]],
  ])("of %s among %j are %j", (asked, names, near) => {
    expect(nearest(asked, names)).toEqual(near);
  });

  test.each([
    ["another word", "database", ["website", "Wi-Fi"]],
    ["another word of three letters", "api", ["sms", "pin"]],
    ["all names, where nothing is asked for", "", ["a", "b"]],
  ])("are never %s", (_what, asked, names) => {
    expect(nearest(asked, names)).toEqual([]);
  });

  test("are at most as many as are compared at a glance, each one of those there are, once", () => {
    const names = fc.array(fc.string({ maxLength: 80, unit: "grapheme" }), { maxLength: 30 });
    fc.assert(
      fc.property(fc.string({ maxLength: 80, unit: "grapheme" }), names, (asked, given) => {
        const near = nearest(asked, given);
        expect(near.length).toBeLessThanOrEqual(NEAR_MAX);
        expect(new Set(near).size).toBe(near.length);
        for (const name of near) expect(given).toContain(name);
      }),
    );
  });
});

describe("fields near one", () => {
  const field = (title: string, sectionId: string) => ({
    id: title,
    title,
    sectionId,
    fieldType: "Text" as const,
    value: "v",
  });
  const details: DetailsContent = {
    sections: [
      { id: "p", title: "prod" },
      { id: "s", title: "staging" },
    ],
    fields: [field("password", "p"), field("host", "p"), field("pass phrase", "s"), field("port", "")],
    notes: "",
    files: [],
  };

  test.each([
    ["the same name in another section", { section: "staging", field: "password" }, ["prod/password"]],
    ["a slip in the section that was named", { section: "prod", field: "hots" }, ["prod/host"]],
    ["a slip outside of every section", { section: undefined, field: "prot" }, ["port"]],
    ["nothing like it", { section: "prod", field: "certificate" }, []],
  ])("are suggested as the end of a reference: %s", (_what, asked, near) => {
    expect(fieldsNear(details, asked)).toEqual(near);
  });
});
