// Compares the parameters of every official operation with the official SDK's core. Without a client the core answers "invalid client id" when
// parameters parse, and another text when they do not. So it judges shapes offline. Ours must parse exactly the same parameters. All parsed
// parameters must translate into parameters that our method accepts.
import fc from "fast-check";
import Type, { type TSchema } from "typebox";
import { Compile, type Validator } from "typebox/compile";
import { describe, expect, test } from "vitest";
import { catalogue } from "../../protocol/catalogue.ts";
import { sdkOperations } from "../../protocol/sdk/operations.ts";
import { type SdkName, sdkShapes } from "../../protocol/sdk/shapes.ts";
import { parsesThere } from "./official-core.ts";
import { arbitraryOf, mutated } from "./shape-arbitrary.ts";

const names = Object.keys(sdkShapes) as SdkName[];
const compiled = (schemaOf: (name: SdkName) => TSchema) =>
  new Map(names.map((name): [SdkName, Validator] => [name, Compile(schemaOf(name))]));
const shapes = compiled((name) => sdkShapes[name]);
const methods = compiled((name) => catalogue[sdkOperations[name].method].params);

const parsesHere = (name: SdkName, parameters: unknown): boolean => shapes.get(name)?.Check(parameters) === true;

const translated = (name: SdkName, parameters: unknown): object =>
  (sdkOperations[name].translated as (parameters: unknown) => object)(parameters);

test("every operation of the catalogue is in the table, as the method that carries its name", () => {
  const carried = Object.entries(catalogue).flatMap(([method, { sdkName }]) =>
    sdkName === undefined ? [] : [`${sdkName} ${method}`],
  );
  expect(names.map((name) => `${name} ${sdkOperations[name].method}`).sort()).toEqual(carried.sort());
});

/** Number of compared parameters for each operation. */
const RUNS = 1_500;

describe(`of ${RUNS} generated parameters, well-formed or altered in one place, the same parse:`, () => {
  test.each(names)("%s", async (name) => {
    const counts = { yes: 0, no: 0 };
    await fc.assert(
      fc.asyncProperty(mutated(arbitraryOf(sdkShapes[name])), async (parameters) => {
        const expected = await parsesThere(name, parameters);
        counts[expected ? "yes" : "no"]++;
        expect(parsesHere(name, parameters)).toBe(expected);
      }),
      { numRuns: RUNS, seed: 20261125 },
    );
    // Shows that the test is not empty: both verdicts occurred, and often.
    expect(Math.min(counts.yes, counts.no)).toBeGreaterThan(RUNS / 20);
  });
});

const text = Type.String();
const granted = (permissions: TSchema) =>
  Type.Object({ vault_id: text, group_permissions_list: Type.Array(Type.Object({ groupId: text, permissions })) });

// Each of these is a rule of ours with one mistake. The comparison must find it.
describe("a wrong rule is found:", () => {
  test.each<[string, SdkName, TSchema]>([
    ["any integer as permissions", "VaultsGrantGroupPermissions", granted(Type.Integer())],
    [
      "31 bits of permissions",
      "VaultsGrantGroupPermissions",
      granted(Type.Integer({ minimum: 0, maximum: 0x7fffffff })),
    ],
    ["no unknown keys", "ItemsGet", Type.Object({ vault_id: text, item_id: text }, { additionalProperties: false })],
    ["no null for missing parameters", "VaultsList", Type.Object({ params: Type.Optional(Type.Object({})) })],
    [
      "null for a list that must be there",
      "SecretsResolveAll",
      Type.Object({ secret_references: Type.Union([Type.Array(text), Type.Null()]) }),
    ],
    ["a name that may be missing", "ItemsArchive", Type.Object({ vault_id: text, item_id: Type.Optional(text) })],
    ["nothing but a name", "ItemsSharesGetAccountPolicy", Type.Object({ vault_id: text, item_id: Type.Unknown() })],
  ])("%s for %s", async (_what, name, wrong) => {
    const validator = Compile(wrong);
    const found = await fc.check(
      fc.asyncProperty(
        mutated(arbitraryOf(sdkShapes[name])),
        async (parameters) => validator.Check(parameters) === (await parsesThere(name, parameters)),
      ),
      { numRuns: RUNS, seed: 20261125 },
    );
    expect(found.failed).toBe(true);
  });
});

describe("our method takes all parameters that parse and keep within our limits:", () => {
  test.each(names)("%s", (name) => {
    fc.assert(
      fc.property(arbitraryOf(sdkShapes[name], { texts: ["a".repeat(26)], numbers: [1, 7, 1000] }), (parameters) => {
        expect(parsesHere(name, parameters)).toBe(true);
        const params = translated(name, parameters);
        expect([...(methods.get(name)?.Errors(params) ?? [])]).toEqual([]);
      }),
      { numRuns: 300, seed: 20261125 },
    );
  });
});

const at = "2026-01-02T03:04:05Z";
const lists = { fields: null, sections: null, tags: null, websites: null, files: null };
const item = {
  id: "i",
  title: "t",
  category: "Login",
  vaultId: "v",
  notes: "",
  version: 1,
  createdAt: at,
  updatedAt: at,
};
const whole = { ...item, ...lists };
const minimal = { category: "Login", vaultId: "v", title: "t" };
const none = { ...lists, notes: null, document: null };
const empty = { fields: [], sections: [], notes: "", tags: [], websites: [], files: [] };
const field = { id: "f", title: "f", fieldType: "Text", value: "v" };
const site = { url: "u", label: "l", autofillBehavior: "Never" };
const without = (record: object, key: string) =>
  Object.fromEntries(Object.entries(record).filter(([name]) => name !== key));
const made = (more: object): [SdkName, object] => ["ItemsCreate", { params: { ...minimal, ...more } }];
const held = (more: object): [SdkName, object] => ["ItemsPut", { item: { ...whole, ...more } }];
const file = (content: unknown) => made({ document: { name: "n", content } });
const allowed = (permissions: unknown): [SdkName, object] => [
  "VaultsGrantGroupPermissions",
  { vault_id: "v", group_permissions_list: [{ groupId: "g", permissions }] },
];

describe("by hand:", () => {
  test.each<[boolean, SdkName, object]>([
    [true, "VaultsList", {}],
    [true, "VaultsList", { params: null }],
    [true, "VaultsList", { params: { decryptDetails: null } }],
    [false, "VaultsGet", { vault_id: "v" }],
    [false, "VaultsGet", { vault_id: "v", vault_params: null }],
    [false, "GroupsGet", { group_id: "g" }],
    [false, "ItemsList", { vault_id: "v" }],
    [false, "ItemsList", { vault_id: "v", filters: null }],
    [false, "ItemsList", { vault_id: "v", filters: [{ type: "ByState", content: { active: true } }] }],
    [false, "SecretsResolveAll", { secret_references: null }],
    [false, "ItemsCreateAll", { vault_id: "v", params: null }],
    [true, ...made({})],
    [true, ...made(none)],
    [true, ...made(empty)],
    [true, ...made({ category: "LOGIN", more: { of: "anything" } })],
    [false, "ItemsCreate", { params: { ...without(minimal, "vaultId"), vault_id: "v" } }],
    [false, ...made({ fields: [without(field, "value")] })],
    [false, ...made({ fields: [{ ...field, value: 3 }] })],
    [true, ...made({ fields: [{ ...field, details: { type: "SshKey" } }] })],
    [false, ...made({ fields: [{ ...field, details: { type: "Otp" } }] })],
    [false, ...made({ fields: [{ ...field, details: { type: "Address", content: { street: "s" } } }] })],
    [false, ...made({ fields: [{ ...field, details: { type: "Passkey", content: null } }] })],
    [false, ...made({ websites: [without(site, "label")] })],
    [false, ...made({ websites: [without(site, "autofillBehavior")] })],
    [true, ...made({ websites: [{ ...site, autofillBehavior: "whatever" }] })],
    [true, ...made({ websites: [{ ...site, autofillBehavior: null }] })],
    [true, ...file([1, 2, 3])],
    [true, ...file("AQID")],
    [true, ...file("AQ==")],
    [true, ...file("")],
    [true, ...file([])],
    [false, ...file("AQ")],
    [false, ...file("AB==")],
    [false, ...file("AQ==\n")],
    [false, ...file("_-8=")],
    [false, ...file([256])],
    [false, ...file([-1])],
    [false, ...file({ type: "Buffer", data: [1] })],
    [true, ...held({})],
    ...Object.keys(lists).map((key): [boolean, SdkName, object] => [false, "ItemsPut", { item: without(whole, key) }]),
    ...["notes", "createdAt", "version"].flatMap((key): [boolean, SdkName, object][] => [
      [false, "ItemsPut", { item: without(whole, key) }],
      [false, ...held({ [key]: null })],
    ]),
    [true, ...held({ createdAt: "2026-01-02t03:04:05.1234567890z" })],
    [true, ...held({ createdAt: "0001-01-01 00:00:00+23:59" })],
    [true, ...held({ createdAt: "2024-02-29T00:00:00Z" })],
    [false, ...held({ createdAt: "2026-02-29T00:00:00Z" })],
    [false, ...held({ createdAt: "2026-01-02T24:00:00Z" })],
    [false, ...held({ createdAt: "2026-01-02T03:04:05" })],
    [false, ...held({ createdAt: "2026-01-02" })],
    [false, ...held({ createdAt: "2026-01-02T03:04Z" })],
    [false, "ItemsFilesRead", { vault_id: "v", item_id: "i", attr: { id: "f", size: 1 } }],
    [false, "ItemsFilesRead", { vault_id: "v", item_id: "i", attr: { id: "f", name: "n" } }],
    [true, ...allowed(4294967295)],
    [true, ...allowed(1 << 30)],
    [false, ...allowed(-1)],
    [false, ...allowed(4294967296)],
    [false, ...allowed(1.5)],
    [true, "GeneratePassword", { recipe: { type: "Pin", parameters: { length: 4, more: 1 } } }],
    [false, "GeneratePassword", { recipe: { type: "pin", parameters: { length: 4 } } }],
    [false, "GeneratePassword", { recipe: { type: "Random", parameters: { length: 9 } } }],
  ])("%s: %s %j", async (expected, name, parameters) => {
    expect([await parsesThere(name, parameters), parsesHere(name, parameters)]).toEqual([expected, expected]);
  });

  // Structures as lists, one-key objects as enumerations, odd separators and leap seconds. No client sends them. REFERENCE.md says that we refuse
  // them.
  test.each<[SdkName, object]>([
    ["VaultsGet", { vault_id: "v", vault_params: [true] }],
    ["ItemsCreate", { params: { ...minimal, category: { Login: null } } }],
    ["ItemsPut", { item: { ...whole, createdAt: "2026-01-02_03:04:05Z" } }],
    ["ItemsPut", { item: { ...whole, createdAt: "2016-12-31T23:59:60Z" } }],
  ])("accepted only by the core: %s %j", async (name, parameters) => {
    expect([await parsesThere(name, parameters), parsesHere(name, parameters)]).toEqual([true, false]);
  });
});

describe("is translated:", () => {
  test.each<[SdkName, object, object]>([
    [
      "ItemsCreate",
      { params: { ...minimal, ...none, fields: [{ ...field, sectionId: null, details: null }] } },
      { item: { ...minimal, fields: [field] } },
    ],
    [
      "ItemsCreate",
      {
        params: {
          ...minimal,
          category: "LOGIN",
          fields: [{ ...field, fieldType: "Passkey", details: { type: "Otp", content: { code: "1" } } }],
          websites: [{ ...site, autofillBehavior: "whatever" }],
          files: [{ name: "n", content: [1, 2, 3], sectionId: "", fieldId: "f" }],
        },
      },
      {
        item: {
          ...minimal,
          category: "Unsupported",
          fields: [{ ...field, fieldType: "Unsupported" }],
          websites: [{ ...site, autofillBehavior: "AnywhereOnWebsite" }],
          files: [{ name: "n", content: "AQID", sectionId: "", fieldId: "f" }],
        },
      },
    ],
    ["ItemsPut", { item: { ...whole, document: null, more: 1 } }, { item: { ...item, ...without(empty, "notes") } }],
    ["ItemsList", { vault_id: "v", filters: [] }, { vaultId: "v", active: true, archived: false }],
    [
      "ItemsList",
      {
        vault_id: "v",
        filters: [
          { type: "ByState", content: { active: false, archived: false } },
          { type: "ByState", content: { active: false, archived: true } },
        ],
      },
      { vaultId: "v", active: false, archived: true },
    ],
    [
      "ItemsFilesDelete",
      { item: whole, section_id: "s", field_id: "f" },
      { vaultId: "v", itemId: "i", version: 1, sectionId: "s", fieldId: "f" },
    ],
    ["VaultsList", { params: { decryptDetails: false } }, { decryptDetails: false }],
    ["VaultsUpdate", { vault_id: "v", params: { title: "t", description: null } }, { vaultId: "v", title: "t" }],
  ])("%s %j", (name, parameters, expected) => expect(translated(name, parameters)).toEqual(expected));
});
