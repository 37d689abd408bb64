// The schemas of the catalogue as plain JSON. Each named schema stands once, under its name. All other places refer to it.
import type { Catalogue } from "../../protocol/catalogue.ts";
import { nameOf, REFERENCE_PREFIX, type Schema } from "./schema.ts";

/** One method with its schemas in that form. */
export type MethodSchemas = { readonly params: Schema; readonly result: Schema };

export type NamedTypes = {
  /** By name, in alphabetical order. They may refer to each other. */
  readonly types: Readonly<Record<string, Schema>>;
  readonly methods: Readonly<Record<string, MethodSchemas>>;
};

/**
 * Reads the names out of the catalogue. Throws where two schemas have one name. Results stay open for more fields, since a later agent
 * may add some. Parameters are closed, since the agent refuses unknown ones.
 */
export function namedTypesOf(catalogue: Catalogue): NamedTypes {
  const bodies = new Map<string, Schema>();
  const methods = Object.entries(catalogue).map(([name, { params, result }]) => {
    const asked = referring(plain(params), bodies);
    const answered = opened(referring(plain(result), bodies));
    return [name, { params: asked, result: answered }] as const;
  });
  const inResults = reachable(
    methods.map(([, { result }]) => result),
    bodies,
  );
  const types = [...bodies]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, body]) => [name, inResults.has(name) ? opened(body) : body] as const);
  return { types: Object.fromEntries(types), methods: Object.fromEntries(methods) };
}

/** The schema behind a reference. Any other schema is returned as it is. */
export function resolved(schema: Schema, types: NamedTypes["types"]): Schema {
  const name = nameOf(schema);
  if (name === undefined) return schema;
  const type = types[name];
  if (type === undefined) throw new Error(`no schema is named ${name}`);
  return type;
}

/** The schema with references in place of named schemas. The named ones go into `bodies`. */
function referring(schema: Schema, bodies: Map<string, Schema>): Schema {
  const body = mapped(schema, (part) => referring(part, bodies));
  if (body.title === undefined) return body;
  const before = bodies.get(body.title);
  if (before !== undefined && JSON.stringify(before) !== JSON.stringify(body))
    throw new Error(`two schemas of the catalogue are named ${body.title}`);
  bodies.set(body.title, body);
  return { $ref: `${REFERENCE_PREFIX}${body.title}` };
}

/** The same schema, open for fields that it does not name. */
function opened(schema: Schema): Schema {
  const { additionalProperties, ...more } = mapped(schema, opened);
  return more;
}

/** Applies `change` to each schema directly inside this one. */
function mapped(schema: Schema, change: (part: Schema) => Schema): Schema {
  const { properties, patternProperties, items, anyOf } = schema;
  const each = (parts: Readonly<Record<string, Schema>>) =>
    Object.fromEntries(Object.entries(parts).map(([key, part]) => [key, change(part)]));
  return {
    ...schema,
    ...(properties === undefined ? {} : { properties: each(properties) }),
    ...(patternProperties === undefined ? {} : { patternProperties: each(patternProperties) }),
    ...(items === undefined ? {} : { items: change(items) }),
    ...(anyOf === undefined ? {} : { anyOf: anyOf.map(change) }),
  };
}

/** The names that these schemas refer to, directly or through others. */
function reachable(from: readonly Schema[], bodies: ReadonlyMap<string, Schema>): Set<string> {
  const found = new Set<string>();
  const visit = (schema: Schema): Schema => {
    const name = nameOf(schema);
    if (name !== undefined && !found.has(name)) {
      found.add(name);
      visit(bodies.get(name) ?? {});
    }
    return mapped(schema, visit);
  };
  for (const schema of from) visit(schema);
  return found;
}

/** TypeBox values are JSON Schema with hidden marks. A round trip through JSON removes the marks. */
function plain(schema: unknown): Schema {
  return JSON.parse(JSON.stringify(schema)) as Schema;
}
