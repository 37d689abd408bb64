// protocol/openrpc.json: the catalogue in the OpenRPC 1.3 form, for tools of other languages.
import type { Catalogue } from "../../protocol/catalogue.ts";
import { everywhere, type Need } from "../../protocol/entry.ts";
import type { ErrorName, errors as table } from "../../protocol/errors.ts";
import { type NamedTypes, resolved } from "./named-types.ts";
import type { Schema } from "./schema.ts";

const DESCRIPTION = [
  "JSON-RPC 2.0 over a Unix socket, one JSON value per line. Parameters are given by name.",
  "A client ignores fields of a result and notifications that it does not know, and takes a word that it does not know for one of a later agent.",
  "The agent refuses parameters that it does not know.",
  "Any method may also answer the errors in components.errors.",
].join(" ");

type Errors = typeof table;

export function renderOpenRpc(catalogue: Catalogue, named: NamedTypes, errors: Errors, version: string): string {
  const document = {
    openrpc: "1.3.2",
    info: { title: "Postern agent", version, description: DESCRIPTION, license: { name: "MIT" } },
    methods: Object.entries(catalogue).map(([name, entry]) => ({
      name,
      summary: entry.summary,
      paramStructure: "by-name",
      params: paramsOf(named.methods[name]?.params ?? {}, named.types),
      result: { name: "result", schema: named.methods[name]?.result ?? {} },
      errors: (entry.errors as readonly ErrorName[]).map((error) => errorOf(error, errors)),
      examples: [
        {
          name: "example",
          params: Object.entries(entry.example.params as object).map(([param, value]) => ({ name: param, value })),
          result: { name: "result", value: entry.example.result },
        },
      ],
      "x-need": needOf(entry.need as Need<unknown>),
    })),
    components: {
      schemas: named.types,
      errors: Object.fromEntries(everywhere.map((name) => [name, errorOf(name, errors)])),
    },
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

const needOf = (need: Need<unknown>) =>
  need.kind === "grant" ? `grant(${need.by === undefined ? need.verb : "by parameters"})` : need.kind;

/** Programs rely on `data.name`, as on the wire. */
function errorOf(name: ErrorName, errors: Errors): object {
  const { code, message } = errors[name];
  return { code, message, data: { name } };
}

/** One descriptor for each parameter. Where a method has several forms, a parameter is required if all forms require it. */
function paramsOf(schema: Schema, types: NamedTypes["types"]): object[] {
  const forms = (schema.anyOf ?? [schema]).map((form) => resolved(form, types));
  const names = new Set(forms.flatMap(({ properties = {} }) => Object.keys(properties)));
  return [...names].map((name) => {
    const schemas = forms.flatMap(({ properties = {} }) => properties[name] ?? []);
    const distinct = [...new Map(schemas.map((one) => [JSON.stringify(one), one])).values()];
    return {
      name,
      required: forms.every(({ required = [] }) => required.includes(name)),
      schema: distinct.length === 1 ? distinct[0] : { anyOf: distinct },
    };
  });
}
