// clients/python: the wire as a type checker sees it, and a method for each method of the agent.
import type { Catalogue } from "../../protocol/catalogue.ts";
import type { NamedTypes } from "./named-types.ts";
import { pascalCase, snakeCase } from "./naming.ts";
import { banner, docstring, KEYWORDS, literal } from "./python-text.ts";
import { nameOf, type Schema } from "./schema.ts";

/** Texts of types by name. A schema inside another one gets a name of the path to it. */
type Found = Map<string, string>;

/** The types of the wire, and the class with its methods. */
export function renderPythonWire(
  catalogue: Catalogue,
  named: NamedTypes,
  takesClient: ReadonlySet<string>,
): { readonly types: string; readonly methods: string } {
  const found: Found = new Map();
  for (const [name, schema] of Object.entries(named.types)) nameType(name, schema, found);
  const methods = Object.entries(catalogue).map(([name, { summary }]) =>
    methodText(name, summary, named.methods[name] ?? { params: {}, result: {} }, takesClient.has(name), found),
  );
  return { types: typesFile(found), methods: methodsFile(methods) };
}

function typesFile(found: Found): string {
  return `${[
    banner("protocol/catalogue.ts"),
    '"""The wire as a type checker sees it. Fields are spelled as on the wire."""',
    "",
    "from __future__ import annotations",
    "",
    "from typing import Any, Dict, List, Literal, TypedDict, Union",
    ...[...found.values()].flatMap((text) => ["", "", text]),
  ].join("\n")}\n`;
}

function methodsFile(methods: readonly string[]): string {
  return `${[
    banner("protocol/catalogue.ts"),
    '"""Every method of the agent by its own name."""',
    "",
    "from __future__ import annotations",
    "",
    "from typing import TYPE_CHECKING, List, Literal, Optional, Union, cast",
    "",
    "from ._call import Call, given",
    "",
    "if TYPE_CHECKING:",
    "    from . import wire",
    "",
    "",
    "class AgentMethods:",
    '    """Every method of the agent. Values go as they do on the wire. Nothing is converted."""',
    "",
    "    def __init__(self, call: Call) -> None:",
    "        self._call = call",
    ...methods.flatMap((text) => ["", text]),
  ].join("\n")}\n`;
}

function nameType(name: string, schema: Schema, found: Found): void {
  // Keeps the place in the order before the types inside.
  found.set(name, "");
  found.set(name, isRecord(schema) ? dictText(name, schema, found) : `${name} = ${typeOf(schema, name, found)}`);
}

const isRecord = ({ type, patternProperties }: Schema) => type === "object" && patternProperties === undefined;

/** Python before 3.11 has no mark for a single field that may be missing. So the required fields have a class of their own. */
function dictText(name: string, schema: Schema, found: Found): string {
  const required = new Set(schema.required ?? []);
  const fields = Object.entries(schema.properties ?? {}).map(([field, value]) => ({
    field,
    type: typeOf(value, name + pascalCase(field), found),
  }));
  const always = fields.filter(({ field }) => required.has(field));
  const sometimes = fields.filter(({ field }) => !required.has(field));
  if (sometimes.length === 0) return typedDict(name, "TypedDict", always);
  if (always.length === 0) return typedDict(name, "TypedDict, total=False", sometimes);
  return `${typedDict(`_${name}`, "TypedDict", always)}\n\n\n${typedDict(name, `_${name}, total=False`, sometimes)}`;
}

function typedDict(name: string, above: string, fields: readonly { field: string; type: string }[]): string {
  if (fields.some(({ field }) => KEYWORDS.has(field))) {
    if (above !== "TypedDict") throw new Error(`${name} has a field with the name of a keyword beside optional ones`);
    const lines = fields.map(({ field, type }) => `        ${literal(field)}: ${type},`);
    return `${name} = TypedDict(\n    ${literal(name)},\n    {\n${lines.join("\n")}\n    },\n)`;
  }
  const lines = fields.map(({ field, type }) => `    ${field}: ${type}`);
  return `class ${name}(${above}):\n${lines.length === 0 ? "    pass" : lines.join("\n")}`;
}

/** Other types are named as texts, since they may stand further down. */
function typeOf(schema: Schema, path: string, found: Found): string {
  const name = nameOf(schema);
  if (name !== undefined) return `"${name}"`;
  if (schema.const !== undefined) return `Literal[${literal(schema.const)}]`;
  if (schema.enum !== undefined) return `Literal[${schema.enum.map(literal).join(", ")}]`;
  if (schema.anyOf !== undefined) return unionOf(schema.anyOf, path, found);
  if (schema.type === "array") return `List[${typeOf(schema.items ?? {}, path, found)}]`;
  if (schema.type === "object") return objectOf(schema, path, found);
  const plain: Readonly<Record<string, string>> = { integer: "int", number: "float", string: "str", boolean: "bool" };
  if (schema.type === undefined && Object.keys(schema).length === 0) return "Any";
  if (schema.type === "null") return "None";
  const known = plain[schema.type ?? ""];
  if (known === undefined) throw new Error(`the generator does not know the schema type ${schema.type}`);
  return known;
}

function unionOf(parts: readonly Schema[], path: string, found: Found): string {
  const tagOf = (part: Schema, index: number) => part.properties?.type?.const ?? part.properties?.kind?.const ?? index;
  const types = parts.map((part, index) => typeOf(part, path + pascalCase(String(tagOf(part, index))), found));
  const words = types.filter((type) => type.startsWith("Literal["));
  if (words.length === types.length) return `Literal[${words.map((word) => word.slice(8, -1)).join(", ")}]`;
  return `Union[${types.join(", ")}]`;
}

function objectOf(schema: Schema, path: string, found: Found): string {
  if (!isRecord(schema)) {
    const [value = {}] = Object.values(schema.patternProperties ?? {});
    return `Dict[str, ${typeOf(value, path, found)}]`;
  }
  if (found.has(path)) throw new Error(`two types of the wire would be named ${path}`);
  nameType(path, schema, found);
  return `"${path}"`;
}

function methodText(
  name: string,
  summary: string,
  { params, result }: { readonly params: Schema; readonly result: Schema },
  takesClient: boolean,
  found: Found,
): string {
  const required = new Set(params.required ?? []);
  const fields = Object.entries(params.properties ?? {})
    .filter(([field]) => !(takesClient && field === "client"))
    .map(([field, schema]) => ({ field, own: ownName(field), type: asked(schema, name, field, found) }))
    .toSorted((a, b) => Number(required.has(b.field)) - Number(required.has(a.field)));
  const keywords = fields.map(({ field, own, type }) =>
    required.has(field) ? `        ${own}: ${type},` : `        ${own}: Optional[${type}] = None,`,
  );
  const answer = inModule(typeOf(result, `${pascalCase(name)}Result`, found));
  const given = fields.map(({ field, own }) => `                    ${literal(field)}: ${own},`);
  const sent =
    given.length === 0 ? "{}" : `given(\n                {\n${given.join("\n")}\n                }\n            )`;
  return [
    `    async def ${snakeCase(name)}(`,
    "        self,",
    "        *,",
    ...keywords,
    "        timeout: Optional[float] = None,",
    `    ) -> ${answer}:`,
    docstring(summary, "        "),
    "        result = await self._call(",
    `            ${literal(name)},`,
    `            ${sent.replaceAll("\n    ", "\n    ")},`,
    "            timeout=timeout,",
    "        )",
    `        return cast(${literal(answer)}, result)`,
  ].join("\n");
}

const ownName = (field: string) => (KEYWORDS.has(field) ? `${field}_` : snakeCase(field));

const asked = (schema: Schema, name: string, field: string, found: Found) =>
  inModule(typeOf(schema, pascalCase(name) + pascalCase(field), found));

/** The same type as another module of the package names it. */
const inModule = (type: string) => type.replace(/(?<!Literal\[[^\]]*)"(\w+)"/g, "wire.$1");
