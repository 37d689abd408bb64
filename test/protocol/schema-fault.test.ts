// The error text for parameters that do not fit. It names the field and the kind of value that the field needs, also
// when a method takes one of several forms. It never contains the value.
import fc from "fast-check";
import { expect, test } from "vitest";
import { validate } from "../../daemon/wire/validate.ts";
import { catalogue, type MethodName } from "../../protocol/catalogue.ts";
import { FAULT_PARTS_MAX, startOf } from "../../protocol/schema-fault.ts";

const UNKNOWN = "there is a field that this method does not know";
const file = { vaultId: "v", itemId: "i", fileId: "f" };
const written = { vaultId: "v", title: "t", name: "n", size: 1 };
const changed = { vaultId: "v", itemId: "i", version: 1, name: "n", size: 1 };

const rows: readonly (readonly [MethodName, object, string])[] = [
  ["files.openRead", { reference: 5 }, "reference must be string"],
  ["files.openRead", { ...file, vaultId: 5 }, "vaultId must be string"],
  ["files.openRead", { ...file, fileId: null }, "fileId must be string"],
  ["files.openRead", { ...file, noWait: "yes" }, "noWait must be boolean"],
  ["files.openRead", { vaultId: "v", itemId: "i" }, "fileId is required"],
  ["files.openRead", {}, "reference, or vaultId, itemId, fileId is required"],
  ["files.openRead", { reference: "op://a/b/c", fileId: "f" }, "fileId does not go with reference"],
  ["files.openRead", { ...file, reference: "op://a/b/c" }, "reference does not go with vaultId, itemId, fileId"],
  ["files.openRead", { reference: "op://a/b/c", s3cret: 1 }, UNKNOWN],
  ["files.openRead", { ...file, s3cret: 1 }, UNKNOWN],
  ["files.openWrite", { ...written, size: "1" }, "size must be integer"],
  ["files.openWrite", { ...written, title: 5 }, "title must be string"],
  ["files.openWrite", { ...changed, version: "1" }, "version must be integer"],
  ["files.openWrite", { ...changed, fieldId: 7, sectionId: "s" }, "fieldId must be string"],
  ["files.openWrite", { ...changed, fieldId: "f" }, "sectionId is required"],
  ["files.openWrite", { ...changed, s3cret: "f" }, UNKNOWN],
  ["audit.list", { proof: { kind: "pin", pin: 5 } }, "proof.pin must be string"],
  ["audit.list", { proof: { kind: "password", password: 5 } }, "proof.password must be string"],
  ["audit.list", { proof: { kind: "password" } }, "proof.password is required"],
  ["audit.list", { proof: { kind: "password", pin: "1" } }, "proof.pin does not go with proof.kind, proof.password"],
  ["audit.list", { proof: { kind: "s3cret", pin: "1" } }, 'proof.kind must be "pin" or "password" or "webauthn"'],
  ["audit.list", { proof: { kind: 5 } }, 'proof.kind must be "pin" or "password" or "webauthn"'],
  ["audit.list", { proof: "s3cret" }, "proof must be object"],
  ["audit.list", { proof: ["s3cret"] }, "proof must be object"],
  [
    "audit.list",
    { proof: {} },
    "proof.kind, proof.pin, or proof.kind, proof.password, or proof.kind, proof.assertion is required",
  ],
  ["audit.list", { proof: { kind: "pin", pin: "1", s3cret: 1 } }, UNKNOWN],
  ["audit.list", { proof: { kind: "pin", pin: 5 }, limit: "x" }, "limit must be integer"],
  [
    "serviceAccounts.rotate",
    { password: "x", serviceAccountId: "a", expiresInMs: "s3cret" },
    'expiresInMs must be integer or "never"',
  ],
  [
    "secrets.generatePassword",
    { recipe: { type: "Random", parameters: { length: "s3cret" } } },
    "recipe.parameters.includeDigits, recipe.parameters.includeSymbols is required",
  ],
  [
    "secrets.generatePassword",
    { recipe: { type: "Pin", parameters: { length: "s3cret" } } },
    "recipe.parameters.length must be integer",
  ],
  [
    "secrets.generatePassword",
    { recipe: { type: "s3cret", parameters: {} } },
    'recipe.type must be "Memorable" or "Pin" or "Random"',
  ],
];

test("many unknown fields are reported without their names", () => {
  const many = Object.fromEntries(Array.from({ length: 20 }, (_one, index) => [`s3cret${index}`, index]));
  for (const method of ["agent.status", "files.openRead"] as const)
    expect(faultOf(method, many)).toBe(`the parameters do not fit the method: ${UNKNOWN}`);
});

function faultOf(method: MethodName, params: unknown): string {
  try {
    validate(method, params);
  } catch (error) {
    return (error as Error).message;
  }
  return "fits";
}

test.each(rows)("%s with %j is reported with its field and the kind of value it needs", (method, params, words) => {
  expect(faultOf(method, params)).toBe(`the parameters do not fit the method: ${words}`);
});

test("whatever the parameters are, the error contains nothing of them, and nothing else is thrown", () => {
  const marked = fc.oneof(
    fc.constant("s3cret"),
    fc.record({ s3cret: fc.constant("s3cret") }),
    fc.integer(),
    fc.constant(null),
  );
  for (const method of Object.keys(catalogue) as MethodName[]) {
    const keys = fc.constantFrom(
      "proof",
      "kind",
      "reference",
      "vaultId",
      "itemId",
      "item",
      "recipe",
      "s3cret",
      "expiresInMs",
    );
    const params = fc.dictionary(
      keys,
      fc.oneof(marked, fc.dictionary(keys, marked), fc.array(marked, { maxLength: 2 })),
    );
    fc.assert(
      fc.property(params, (value) => {
        const told = faultOf(method, value);
        if (told !== "fits") expect(told).not.toMatch(/s3cret|undefined|anyOf/);
      }),
      { numRuns: 20 },
    );
  }
});

test("a fault is looked for in the first parts of a list and of an object", () => {
  const list = Array.from({ length: FAULT_PARTS_MAX }, (_, index) => index);
  expect(startOf({ list, more: "t" })).toEqual({ list, more: "t" });
  expect(startOf([...list, "one more"])).toEqual(list);
  const fields = Object.fromEntries(list.map((index) => [`k${index}`, [null]]));
  expect(startOf({ ...fields, more: 1 })).toEqual(fields);
});

test("no list of the catalogue may have so many, so one that is too long is told as that", () => {
  const limits = JSON.stringify(catalogue).match(/(?<="maxItems":)\d+/g) ?? [];
  expect(limits.length).toBeGreaterThan(10);
  expect(Math.max(...limits.map(Number))).toBeLessThan(FAULT_PARTS_MAX);
  const params = { vaultId: "a".repeat(26), itemIds: Array<string>(500_000).fill("x") };
  expect(() => validate("items.getAll", params)).toThrow("you can only retrieve up to 50 items at once");
});

test("the validator is given no more of a long list than that", () => {
  let read = 0;
  const category = () => {
    read++;
    return "Nothing";
  };
  const one = Object.defineProperty({ title: "t" }, "category", { enumerable: true, get: category });
  const items = Array<object>(FAULT_PARTS_MAX * 10).fill(one);
  expect(() => validate("items.createAll", { vaultId: "a".repeat(26), items })).toThrow("do not fit");
  expect(read).toBeLessThan(FAULT_PARTS_MAX * 2);
});
