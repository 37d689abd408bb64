// The catalogue as data. Examples fit their schemas, openrpc.json fits OpenRPC's own schema, and sources use every row
// of the error table.
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import metaSchema from "@open-rpc/meta-schema";
import { Ajv } from "ajv";
import Type, { type TSchema } from "typebox";
import { Compile } from "typebox/compile";
import { describe, expect, test } from "vitest";
import { namedTypesOf } from "../../clients/generate/named-types.ts";
import { Bytes } from "../../protocol/catalogue/common.ts";
import { catalogue } from "../../protocol/catalogue.ts";
import { everywhere } from "../../protocol/entry.ts";
import { errors } from "../../protocol/errors.ts";
import { named, namedClosed } from "../../protocol/named.ts";
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
      /^(agent\..*|app\.open|clients\.(open|close)|secrets\.(validateReference|generatePassword|unwatch)|session\.lock|prompts\.answer|accounts\.(create|serviceInfo|openRestore|inspectBackup)|files\.(readChunk|writeChunk|commit|close)|items\.shares\.validateRecipients|serviceAccounts\.rateLimit|authenticators\.(challenge|unlockChallenge))$/;
    const manage =
      /^(clients\.list|grants\..*|prompts\.(attach|list)|audit\..*|policy\.(get|test)|serviceAccounts\.(list|revoke)|authenticators\.list)$/;
    const proof =
      /^(session\.unlock|accounts\.(signIn|setDefault|remove|changePassword|setPin|setIdleLock|setApprovers|setLogDays|kit|backup|restore)|devices\..*|policy\.approve|serviceAccounts\.(create|rotate)|authenticators\.(enrol|register|enableUnlock|rename|remove|unlock))$/;
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

/** openrpc.json as a program in another language reads it. */
type Document = {
  readonly methods: readonly {
    readonly name: string;
    readonly params: readonly { readonly name: string; readonly required: boolean; readonly schema: object }[];
    readonly result: { readonly schema: object };
    readonly errors: readonly { readonly code: number; readonly message: string; readonly data: { name: string } }[];
    readonly examples: readonly { params: { name: string; value: unknown }[]; result: { value: unknown } }[];
  }[];
  readonly components: {
    readonly schemas: Readonly<Record<string, { readonly title: string }>>;
    readonly errors: Readonly<Record<string, { readonly data: { readonly name: string } }>>;
  };
};

describe("openrpc.json", () => {
  const document = JSON.parse(readFileSync(join(root, "protocol/openrpc.json"), "utf8")) as Document;
  const { schemas } = document.components;
  const ajv = new Ajv({ strict: false, validateFormats: false, validateSchema: false });
  // OpenRPC's own schema refers to the schema of JSON Schema.
  for (const $id of ["https://meta.json-schema.tools", "https://meta.json-schema.tools/"])
    ajv.addSchema({ ...jsonSchema, $id });

  test("fits the OpenRPC meta-schema", () => {
    const validate = ajv.compile(metaSchema as object);
    expect(validate(document), JSON.stringify(validate.errors)).toBe(true);
    expect(document.methods).toHaveLength(Object.keys(catalogue).length);
    expect(validate({ ...document, methods: [{ ...document.methods[0], name: 7 }] })).toBe(false);
  });

  test("refers to each named type, and to none that it does not have", () => {
    const found = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map(
      ([, name]) => name,
    );
    expect([...new Set(found)].sort()).toEqual(Object.keys(schemas).sort());
    for (const [name, { title }] of Object.entries(schemas)) expect(title).toBe(name);
  });

  test("writes a named type out once", () => {
    const titles = [...JSON.stringify(document).matchAll(/"title":"([A-Z]\w+)"/g)]
      .map(([, name]) => name ?? "")
      .filter((name) => schemas[name] !== undefined);
    expect(titles.sort()).toEqual(Object.keys(schemas).sort());
  });

  test.each(document.methods.map((method) => [method.name, method] as const))(
    "has an example of %s that fits the document's own schemas, and one more field in its result fits too",
    (_name, { params, result, examples: [example] }) => {
      const given = example?.params ?? expect.fail("there is no example");
      expect(params.filter(({ required, name }) => required && !given.some((one) => one.name === name))).toEqual([]);
      for (const { name, value } of given) {
        const { schema } = params.find((param) => param.name === name) ?? expect.fail(`${name} is no parameter`);
        expect(fits(schema, value), name).toBe(true);
      }
      expect(fits(result.schema, example?.result.value)).toBe(true);
      expect(fits(result.schema, withMore(example?.result.value))).toBe(true);
    },
  );

  test("names each error of a method by its data, as the wire does", () => {
    for (const { name, errors: listed } of document.methods) {
      const own = catalogue[name as keyof typeof catalogue].errors as readonly (keyof typeof errors)[];
      expect(listed.map(({ code, data }) => [data.name, code])).toEqual(
        own.map((error) => [error, errors[error].code]),
      );
    }
    expect(Object.entries(document.components.errors).map(([name, { data }]) => [name, data.name])).toEqual(
      everywhere.map((name) => [name, name]),
    );
  });

  function fits(schema: object, value: unknown): boolean {
    return ajv.validate({ ...schema, components: document.components }, value);
  }
});

/** The value with an unknown field in each of its objects, as a later agent may answer it. */
function withMore(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withMore);
  if (typeof value !== "object" || value === null) return value;
  // The limits are a record of numbers, so any key is known there.
  const more = Object.entries(value).map(([key, one]) => [key, key === "limits" ? one : withMore(one)]);
  return { ...Object.fromEntries(more), ofALaterAgent: true };
}

describe("names of types", () => {
  const Thing = Type.Object({ id: Type.String() }, named("Thing"));
  const Other = Type.Object({ id: Type.Integer() }, named("Thing"));
  const method = (params: TSchema, result: TSchema) => ({ "a.b": { params, result } }) as unknown as typeof catalogue;

  test("stand for one schema each", () => {
    const { types, methods } = namedTypesOf(method(Type.Object({ thing: Thing }), Thing));
    expect(Object.keys(types)).toEqual(["Thing"]);
    expect(methods["a.b"]?.result).toEqual({ $ref: "#/components/schemas/Thing" });
  });

  test("that stand for two schemas are refused", () => {
    expect(() => namedTypesOf(method(Thing, Other))).toThrow("two schemas of the catalogue are named Thing");
    expect(() => namedTypesOf(method(Type.Object({ a: Thing, b: Type.Array(Other) }), Type.Null()))).toThrow("Thing");
  });

  test("are written like types, and none equals an error's class or another export", () => {
    const { types } = namedTypesOf(catalogue);
    for (const name of Object.keys(types)) expect(name).toMatch(/^[A-Z][A-Za-z]+$/);
    const text = readFileSync(join(root, "clients/typescript/generated.ts"), "utf8");
    const exported = [...text.matchAll(/^export (?:type|class|const) (\w+)/gm)].map(([, name]) => name ?? "");
    expect(exported.filter((name, index) => exported.indexOf(name) !== index)).toEqual([]);
    expect(Object.keys(types).filter((name) => !exported.includes(name))).toEqual([]);
  });

  test("are closed if they are only sent, and open if they are answered", () => {
    const Sent = Type.Object({ id: Type.String() }, namedClosed("Sent"));
    const Both = Type.Object({ id: Type.String() }, namedClosed("Both"));
    const params = Type.Object({ sent: Sent, both: Both }, { additionalProperties: false });
    const { types, methods } = namedTypesOf(method(params, Type.Object({ both: Both })));
    expect(types.Sent).toHaveProperty("additionalProperties", false);
    expect(types.Both).not.toHaveProperty("additionalProperties");
    expect(methods["a.b"]?.params).toHaveProperty("additionalProperties", false);
  });
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
