// protocol/openrpc.json: the catalogue in the OpenRPC 1.3 form, for tools of other languages.
import type { Catalogue } from "../../protocol/catalogue.ts";
import type { ErrorName, errors as table } from "../../protocol/errors.ts";
import type { Schema } from "./schema.ts";

export function renderOpenRpc(catalogue: Catalogue, errors: typeof table): string {
  const document = {
    openrpc: "1.3.2",
    info: {
      title: "Postern agent",
      version: "0.1.0",
      description: "JSON-RPC 2.0 over a Unix socket, one JSON value per line. Parameters are given by name.",
      license: { name: "MIT" },
    },
    methods: Object.entries(catalogue).map(([name, entry]) => ({
      name,
      summary: entry.summary,
      paramStructure: "by-name",
      params: paramsOf(plain(entry.params)),
      result: { name: "result", schema: plain(entry.result) },
      errors: (entry.errors as readonly ErrorName[]).map((error) => ({
        code: errors[error].code,
        message: errors[error].message,
      })),
      examples: [
        {
          name: "example",
          params: Object.entries(entry.example.params as object).map(([param, value]) => ({ name: param, value })),
          result: { name: "result", value: entry.example.result },
        },
      ],
      "x-need": entry.need.kind === "grant" ? `grant(${entry.need.verb})` : entry.need.kind,
    })),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function paramsOf(schema: Schema): object[] {
  return Object.entries(schema.properties ?? {}).map(([name, value]) => ({
    name,
    required: schema.required?.includes(name) === true,
    schema: value,
  }));
}

/** TypeBox values are JSON Schema with hidden marks; a round trip through JSON leaves the schema alone. */
function plain(schema: unknown): Schema {
  return JSON.parse(JSON.stringify(schema)) as Schema;
}
