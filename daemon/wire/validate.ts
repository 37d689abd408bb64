// Checks parameters against the catalogue's schemas. Its errors name only paths of our schemas, and never a key or a value from the peer.
import type { TSchema } from "typebox";
import { Compile, type Validator } from "typebox/compile";
import { catalogue, type MethodName } from "../../protocol/catalogue.ts";
import { PosternError } from "../../protocol/errors.ts";
import { describeFault, type SchemaFault, startOf } from "../../protocol/schema-fault.ts";

const words = { whole: "params", unknown: "there is a field that this method does not know" };

const compiled = new Map<MethodName, Validator>();

/** Compiles a schema at its first use. Compiling all at the start would cost time for methods that nobody calls. */
function validatorOf(method: MethodName): Validator {
  let validator = compiled.get(method);
  if (validator === undefined) {
    validator = Compile(catalogue[method].params as TSchema);
    compiled.set(method, validator);
  }
  return validator;
}

/** Returns where the parameters fit the method. Otherwise throws `invalidParams` with the field and the rule. */
export function validate(method: MethodName, params: unknown): void {
  const validator = validatorOf(method);
  if (validator.Check(params)) return;
  const start = startOf(params);
  const faults = validator.Errors(start);
  const schema = catalogue[method].params as TSchema;
  throw new PosternError("invalidParams", ownText(method, faults) ?? describeFault(schema, start, faults, words));
}

/** The schema's own words for this keyword (`errorMessage`): the official text, where there is one. */
function ownText(method: MethodName, faults: readonly SchemaFault[]): string | undefined {
  for (const { keyword, schemaPath } of faults) {
    // "#/properties/itemIds" leads to the schema. Its parts are keys of ours, never of a peer.
    const broken = schemaPath
      .split("/")
      .slice(1)
      .reduce<unknown>(
        (schema, part) => (schema as Record<string, unknown> | undefined)?.[part],
        catalogue[method].params,
      );
    const text = (broken as { errorMessage?: Record<string, string> } | undefined)?.errorMessage?.[keyword];
    if (text !== undefined) return text;
  }
  return undefined;
}
