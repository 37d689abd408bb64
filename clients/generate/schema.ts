// Reads the small part of JSON Schema that the catalogue uses, and prints it as TypeScript or as prose for the reference. An unknown
// keyword is an error, so that a new kind of schema is never printed wrongly.

/** A schema of the catalogue, seen as plain JSON. */
export type Schema = {
  readonly $ref?: string;
  /** Its name, where it has one. */
  readonly title?: string;
  readonly additionalProperties?: boolean;
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly string[];
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly patternProperties?: Readonly<Record<string, Schema>>;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
};

/** The form in which a schema of openrpc.json refers to a named one. */
export const REFERENCE_PREFIX = "#/components/schemas/";

/** The name in a reference. Undefined for any other schema. */
export function nameOf({ $ref }: Schema): string | undefined {
  return $ref?.slice(REFERENCE_PREFIX.length);
}

/** The TypeScript type of a schema; `depth` is the indentation of the line it starts on, in levels of two spaces. */
export function typeText(schema: Schema, depth: number): string {
  const name = nameOf(schema);
  if (name !== undefined) return name;
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (schema.anyOf !== undefined) return schema.anyOf.map((part) => typeText(part, depth)).join(" | ");
  if (schema.type === "array") return arrayText(schema, depth);
  if (schema.type === "object") return objectText(schema, depth);
  if (schema.type === "integer" || schema.type === "number") return "number";
  if (schema.type === "string" || schema.type === "boolean" || schema.type === "null") return schema.type;
  if (schema.type === undefined && Object.keys(schema).length === 0) return "unknown";
  throw new Error(`the generator does not know the schema type ${schema.type}`);
}

function arrayText(schema: Schema, depth: number): string {
  if (schema.items === undefined) throw new Error("an array without items");
  const item = typeText(schema.items, depth);
  return item.includes(" | ") && !item.startsWith("{")
    ? `(${item})[]`
    : /^\{[\s\S]*\} \| /.test(item)
      ? `(${item})[]`
      : `${item}[]`;
}

function objectText(schema: Schema, depth: number): string {
  const pattern = schema.patternProperties === undefined ? undefined : Object.values(schema.patternProperties)[0];
  if (pattern !== undefined) return `{ [key: string]: ${typeText(pattern, depth)} }`;
  const properties = Object.entries(schema.properties ?? {});
  if (properties.length === 0) return "{ [key: string]: never }";
  const indent = "  ".repeat(depth + 1);
  const lines = properties.map(([name, value]) => {
    const optional = schema.required?.includes(name) === true ? "" : "?";
    return `${indent}${name}${optional}: ${typeText(value, depth + 1)};`;
  });
  return `{\n${lines.join("\n")}\n${"  ".repeat(depth)}}`;
}

/** A short phrase for the reference: "string, 1 to 64 characters". */
export function phrase(schema: Schema): string {
  const name = nameOf(schema);
  if (name !== undefined) return `[${name}](types.md#${name.toLowerCase()})`;
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``;
  if (schema.enum !== undefined) return `one of ${schema.enum.map((value) => `\`${value}\``).join(", ")}`;
  if (schema.anyOf !== undefined) return schema.anyOf.map(phrase).join(" or ");
  if (schema.type === "array")
    return `list of ${phrase(schema.items ?? {})}${range(schema.minItems, schema.maxItems, "entries")}`;
  if (schema.type === "object") return objectPhrase(schema);
  if (schema.type === "string") return `string${range(schema.minLength, schema.maxLength, "characters")}`;
  if (schema.type === undefined) return "any JSON value";
  return `${schema.type}${range(schema.minimum, schema.maximum, "")}`;
}

function objectPhrase(schema: Schema): string {
  const names = Object.keys(schema.properties ?? {});
  if (names.length === 0) return "object";
  const required = new Set(schema.required ?? []);
  return `object { ${names.map((name) => `${name}${required.has(name) ? "" : "?"}`).join(", ")} }`;
}

function range(from: number | undefined, to: number | undefined, unit: string): string {
  const suffix = unit === "" ? "" : ` ${unit}`;
  if (from !== undefined && to !== undefined) return `, ${from} to ${to}${suffix}`;
  if (to !== undefined) return `, at most ${to}${suffix}`;
  if (from !== undefined) return `, at least ${from}${suffix}`;
  return "";
}
