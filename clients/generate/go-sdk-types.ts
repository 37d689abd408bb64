// clients/go/generated_types.go and generated_unions.go: the types of the official package for Go that are on the wire too, in the
// official shapes.
import { permissionBits } from "../../protocol/access/permission-names.ts";
import { keptTypes } from "./go-kept.ts";
import { aligned, goFile, goName } from "./go-names.ts";
import { type GoTypes, goEnum, goTypes, officialEnums, officialTypes, wordsOf } from "./go-types.ts";
import { goUnion, officialUnions, type Union } from "./go-unions.ts";
import type { NamedTypes } from "./named-types.ts";
import type { Schema } from "./schema.ts";

const CATALOGUE = "protocol/catalogue.ts";

export function renderGoSdkTypes(named: NamedTypes): Readonly<Record<string, string>> {
  const types = goTypes("postern", keptTypes(named));
  const unions: Union[] = [];
  for (const [name, schema] of Object.entries(named.types)) {
    if (!officialTypes.has(name)) continue;
    const key = unionKey(schema);
    if (key === undefined) declareNamed(types, goName(name), schema);
    else unions.push(unionOf(goName(name), key, schema, types));
  }
  const structs = [...types.declared.values()];
  return {
    "clients/go/generated_types.go": goFile(CATALOGUE, "postern", [...structs, permissionConstants()]),
    "clients/go/generated_unions.go": goFile(CATALOGUE, "postern", [...unions, ...officialUnions].map(goUnion)),
  };
}

function declareNamed(types: GoTypes, name: string, schema: Schema): void {
  const words = wordsOf(schema);
  if (words === undefined) types.declare(name, schema);
  const text = words === undefined ? (types.declared.get(name) ?? "") : goEnum(name, words);
  types.declared.set(name, `// ${name} is as the official package has it.\n${text}`);
  for (const [property, value] of Object.entries(schema.properties ?? {})) declareEnum(types, property, value);
}

/** An enum that has no name on the wire gets its official one. */
function declareEnum(types: GoTypes, property: string, schema: Schema): void {
  if (officialEnums.has(property)) declareNamed(types, goName(property), { enum: wordsOf(schema) ?? [] });
}

/** The key of a union's content. Undefined for a schema that is no union. */
function unionKey({ anyOf }: Schema): "content" | "parameters" | undefined {
  const properties = anyOf?.[0]?.properties ?? {};
  if (properties.type?.const === undefined) return undefined;
  return properties.content === undefined ? "parameters" : "content";
}

function unionOf(name: string, key: "content" | "parameters", { anyOf = [] }: Schema, types: GoTypes): Union {
  const variants = anyOf.map(({ properties = {} }) => {
    const word = String(properties.type?.const);
    const schema = properties[key] ?? {};
    if (schema.type !== "object") return { word, content: types.of(schema, name) };
    const content = `${name}${goName(word)}Inner`;
    declareNamed(types, content, schema);
    return { word, content };
  });
  return { name, key, variants };
}

/** READ_ITEMS is ReadItems. */
const constantName = (name: string): string =>
  goName(name.toLowerCase().replace(/_([a-z])/g, (_all, letter: string) => letter.toUpperCase()));

function permissionConstants(): string {
  const rows = Object.entries({ NO_ACCESS: 0, ...permissionBits }).map(([name, bits]) => [
    constantName(name),
    "uint32",
    `= ${bits}`,
  ]);
  return `// The permissions of a vault, as bits.\nconst (\n${aligned(rows)
    .map((line) => `\t${line}`)
    .join("\n")}\n)`;
}
