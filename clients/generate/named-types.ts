// The schemas of the catalogue as plain JSON in which every named one stands once, under its name, and is referred to everywhere else.
import type { Catalogue } from "../../protocol/catalogue.ts";
import { nameOf, REFERENCE_PREFIX, type Schema } from "./schema.ts";

/** One method with its schemas in that form. */
export type MethodSchemas = { readonly params: Schema; readonly result: Schema };

export type NamedTypes = {
  /** By name, in alphabetical order; each refers to the others. */
  readonly types: Readonly<Record<string, Schema>>;
  readonly methods: Readonly<Record<string, MethodSchemas>>;
};

/**
 * Reads the names out of the catalogue. Throws where one name stands for two schemas. What a result may hold is left open for more
 * fields, since a later agent may add some; what is only sent to the agent is closed, as the agent checks it.
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

/** The schema behind a reference; any other is answered as it is. */
export function resolved(schema: Schema, types: NamedTypes["types"]): Schema {
  const name = nameOf(schema);
  if (name === undefined) return schema;
  const type = types[name];
  if (type === undefined) throw new Error(`no schema is named ${name}`);
  return type;
}

/** The schema with references in place of named ones, which are put into `bodies`. */
function referring(schema: Schema, bodies: Map<string, Schema>): Schema {
  const body = mapped(schema, (part) => referring(part, bodies));
  if (body.title === undefined) return body;
  const before = bodies.get(body.title);
  if (before !== undefined && JSON.stringify(before) !== JSON.stringify(body))
    throw new Error(`two schemas of the catalogue are named ${body.title}`);
  bodies.set(body.title, body);
  return { $ref: `${REFERENCE_PREFIX}${body.title}` };
}

/** The same schema, which takes fields that it does not name. */
function opened(schema: Schema): Schema {
  const { additionalProperties, ...more } = mapped(schema, opened);
  return more;
}

/** Applies `change` to each schema that lies directly in this one. */
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

/** The names that these schemas lead to, in one step or in several. */
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

/** TypeBox values are JSON Schema with hidden marks; a round trip through JSON leaves the schema alone. */
function plain(schema: unknown): Schema {
  return JSON.parse(JSON.stringify(schema)) as Schema;
}
