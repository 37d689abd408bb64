// The catalogue as data: examples that fit their schemas, an openrpc.json that fits OpenRPC's own, a table of errors
// without rows that nobody uses.
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import metaSchema from "@open-rpc/meta-schema";
import { Ajv } from "ajv";
import type { TSchema } from "typebox";
import { Compile } from "typebox/compile";
import { describe, expect, test } from "vitest";
import { Bytes } from "../../protocol/catalogue/common.ts";
import { catalogue } from "../../protocol/catalogue.ts";
import { everywhere } from "../../protocol/entry.ts";
import { errors } from "../../protocol/errors.ts";
import { serviceCatalogue } from "../../protocol/service-catalogue.ts";

const jsonSchema = createRequire(import.meta.url)("@json-schema-tools/meta-schema/schema.json") as object;
const root = fileURLToPath(new URL("../../", import.meta.url));

describe("an entry", () => {
  test.each(Object.entries(catalogue))("%s has an example that fits its own schemas", (_name, entry) => {
    expect([...Compile(entry.params as TSchema).Errors(entry.example.params)]).toEqual([]);
    const shown = JSON.parse(JSON.stringify(entry.example.result)) as unknown;
    expect([...Compile(entry.result as TSchema).Errors(shown)]).toEqual([]);
  });

  test.each(Object.entries(catalogue))("%s lists no error twice, and none that every method has", (_name, entry) => {
    const own: readonly string[] = entry.errors;
    expect(new Set(own).size).toBe(own.length);
    expect(own.filter((name) => (everywhere as readonly string[]).includes(name))).toEqual([]);
  });

  test.each(Object.entries(catalogue))("%s takes no field that it does not name", (_name, entry) => {
    expect(Compile(entry.params as TSchema).Check({ ...(entry.example.params as object), nobodyAskedForThis: 1 })).toBe(
      false,
    );
  });

  test.each(Object.entries(catalogue))("%s declares its need as the security contract lists it", (name, entry) => {
    const none =
      /^(agent\..*|clients\.(open|close)|secrets\.(validateReference|generatePassword)|session\.lock|prompts\.answer|accounts\.(create|serviceInfo|openRestore|inspectBackup)|files\.(readChunk|writeChunk|commit)|items\.shares\.validateRecipients|serviceAccounts\.rateLimit)$/;
    const manage = /^(clients\.list|grants\..*|prompts\.(attach|list)|audit\..*|serviceAccounts\.(list|revoke))$/;
    const proof =
      /^(session\.unlock|accounts\.(signIn|remove|changePassword|setPin|kit|backup|restore)|devices\..*|serviceAccounts\.(create|rotate))$/;
    const expected = none.test(name)
      ? "none"
      : manage.test(name)
        ? "manageOrProof"
        : proof.test(name)
          ? "proof"
          : "grant";
    expect(entry.need.kind).toBe(expected);
  });
});

test("every operation of the service refuses a field that it does not name", () => {
  for (const entry of Object.values(serviceCatalogue))
    expect((entry.params as { additionalProperties?: boolean }).additionalProperties).toBe(false);
});

test("openrpc.json fits the OpenRPC meta-schema", () => {
  const ajv = new Ajv({ strict: false, validateFormats: false, validateSchema: false });
  // The schema of JSON Schema that OpenRPC's own refers to.
  for (const $id of ["https://meta.json-schema.tools", "https://meta.json-schema.tools/"])
    ajv.addSchema({ ...jsonSchema, $id });
  const document = JSON.parse(readFileSync(join(root, "protocol/openrpc.json"), "utf8")) as { methods: object[] };
  const validate = ajv.compile(metaSchema as object);
  expect(validate(document), JSON.stringify(validate.errors)).toBe(true);
  expect(document.methods).toHaveLength(Object.keys(catalogue).length);
  expect(validate({ ...document, methods: [{ ...document.methods[0], name: 7 }] })).toBe(false);
});

test.each([
  ["", true],
  ["AQ==", true],
  ["AQID", true],
  ["AQ", false],
  ["AB==", false],
  ["AQ==\n", false],
  ["_-8=", false],
  ["A===", false],
  ["AQIDBA==", true],
  ["AQIDBAUG", true],
  ["AQIDBAUGBw==", false],
])("bytes of at most eight characters as %j: %s", (text, fits) => {
  expect(Compile(Bytes(8)).Check(text)).toBe(fits);
});

describe("the table of errors", () => {
  const sources = ["protocol", "service", "daemon", "clients"].flatMap((folder) => filesIn(join(root, folder)));

  function filesIn(folder: string): string[] {
    return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return filesIn(path);
      return path.endsWith(".ts") && !/generated|errors\.ts|exit-code\.ts/.test(path) ? [path] : [];
    });
  }

  test("has unique codes and names in lowerCamelCase", () => {
    const codes = Object.values(errors).map((row) => row.code);
    expect(new Set(codes).size).toBe(codes.length);
    for (const name of Object.keys(errors)) expect(name).toMatch(/^[a-z][a-zA-Z]+$/);
  });

  test("has no row that no source names", () => {
    const text = sources.map((path) => readFileSync(path, "utf8")).join("\n");
    expect(Object.keys(errors).filter((name) => !new RegExp(`["']${name}["']|\\b${name}:`).test(text))).toEqual([]);
  });
});
