// clients/go/agent: every method of the agent with its parameters and its result, under names that follow from the method's own.
import type { Catalogue } from "../../protocol/catalogue.ts";
import { takesClient } from "./go-method-lists.ts";
import { goComment, goFile, goName } from "./go-names.ts";
import { type GoTypes, goEnum, goTypes, isShared, wordsOf } from "./go-types.ts";
import { type NamedTypes, resolved } from "./named-types.ts";
import { nameOf, type Schema } from "./schema.ts";

const CATALOGUE = "protocol/catalogue.ts";

/** Named types that Go has no type of its own for: they are plain texts, or nothing. */
const unnamed: ReadonlySet<string> = new Set(["Empty", "Id", "MatchCode", "Timestamp"]);

export function renderGoAgent(catalogue: Catalogue, named: NamedTypes): Readonly<Record<string, string>> {
  const types = goTypes("agent");
  for (const [name, schema] of Object.entries(named.types))
    if (!isShared(name) && !unnamed.has(name)) declareNamed(types, name, schema);
  const shared = [...types.declared.values()];
  types.declared.clear();
  const methods = Object.entries(catalogue).map(([name, { summary }]) =>
    method(name, summary, named.methods[name] ?? { params: {}, result: {} }, named.types, types),
  );
  return {
    "clients/go/agent/generated_types.go": file(shared),
    "clients/go/agent/generated_shapes.go": file([...types.declared.values()]),
    "clients/go/agent/generated_methods.go": file(methods),
  };
}

const file = (parts: readonly string[]): string => goFile(CATALOGUE, "agent", parts);

function declareNamed(types: GoTypes, name: string, schema: Schema): void {
  const words = wordsOf(schema);
  const type = goName(name);
  const about = `// ${type} is the ${name} of the wire.\n`;
  if (words === undefined) types.declare(type, schema);
  types.declared.set(type, about + (words === undefined ? types.declared.get(type) : goEnum(type, words)));
}

type Shapes = { readonly params: Schema; readonly result: Schema };

/** A method, and the shapes that it alone has. */
function method(
  name: string,
  summary: string,
  { params, result }: Shapes,
  all: NamedTypes["types"],
  types: GoTypes,
): string {
  const go = goName(name);
  const asked = paramsType(name, resolved(params, all), types);
  const answered = resultType(name, result, types);
  const head = `${goComment(`${go} calls ${name}. ${summary}`)}func (a Agent) ${go}(ctx context.Context${asked === undefined ? "" : `, params ${asked}`})`;
  const call = (into: string) =>
    `a.call(ctx, ${JSON.stringify(name)}, ${asked === undefined ? "struct{}{}" : "params"}, ${into})`;
  const lists =
    asked === undefined ? [] : requiredLists(params).map((list) => `\tparams.${list} = listed(params.${list})\n`);
  if (answered === undefined) return `${head} error {\n${lists.join("")}\treturn ${call("nil")}\n}`;
  return `${head} (${answered}, error) {\n${lists.join("")}\tvar result ${answered}\n\terr := ${call("&result")}\n\treturn result, err\n}`;
}

/** Lists that must be there. One of Go may be nil, and would be null on the wire. */
function requiredLists({ properties = {}, required = [] }: Schema): string[] {
  return Object.entries(properties).flatMap(([key, { type }]) =>
    type === "array" && required.includes(key) ? [goName(key)] : [],
  );
}

function paramsType(name: string, params: Schema, types: GoTypes): string | undefined {
  const skipped = takesClient(name, params) ? ["client"] : [];
  const keys = (params.anyOf ?? [params]).flatMap(({ properties = {} }) => Object.keys(properties));
  if (keys.every((key) => skipped.includes(key))) return undefined;
  const type = `${goName(name)}Params`;
  types.declare(type, params, skipped);
  types.declared.set(type, `// ${type} are the parameters of ${name}.\n${types.declared.get(type)}`);
  return type;
}

function resultType(name: string, result: Schema, types: GoTypes): string | undefined {
  if (nameOf(result) === "Empty") return undefined;
  if (nameOf(result) !== undefined) return types.of(result, "");
  const type = `${goName(name)}Result`;
  types.declare(type, result);
  types.declared.set(type, `// ${type} is the answer to ${name}.\n${types.declared.get(type)}`);
  return type;
}
