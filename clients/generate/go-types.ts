// The types of the wire as Go has them. Those that the official package has too stand in the client's own package, under the official
// names and in the official shapes. The others stand in its package `agent`.
import { isKept, keeping, keptRow } from "./go-kept.ts";
import { aligned, goName } from "./go-names.ts";
import { nameOf, type Schema } from "./schema.ts";

/** The types that the official package for Go has. */
export const officialTypes: ReadonlySet<string> = new Set([
  ...["AddressFieldDetails", "AllowedRecipientType", "AllowedType", "AutofillBehavior", "DocumentCreateParams"],
  ...["EnvironmentVariable", "FileAttributes", "FileCreateParams", "Group", "GroupAccess", "GroupState", "GroupType"],
  ...["GroupVaultAccess", "Item", "ItemCategory", "ItemCreateParams", "ItemField", "ItemFieldDetails", "ItemFieldType"],
  ...["ItemFile", "ItemOverview", "ItemSection", "ItemShareAccountPolicy", "ItemShareDuration", "ItemShareFiles"],
  ...[
    "ItemShareParams",
    "ItemState",
    "OtpFieldDetails",
    "PasswordRecipe",
    "SshKeyAttributes",
    "ValidRecipient",
    "Vault",
  ],
  ...["VaultAccess", "VaultAccessorType", "VaultOverview", "VaultType", "Website"],
]);

/** Enums of the official package that have no name on the wire, by the property that holds them. */
export const officialEnums: ReadonlySet<string> = new Set(["separatorType", "wordListType"]);

/** Fields of the wire that the official type does not have. The package `agent` has a type of its own with them. */
const leftOut: Readonly<Record<string, readonly string[]>> = { Vault: ["createdAt", "updatedAt"] };

/** Whether the package `agent` takes the official type as it is. */
export const isShared = (name: string): boolean => officialTypes.has(name) && !Object.hasOwn(leftOut, name);

/** Names of the wire that Go has a type of its own for. */
const plain: Readonly<Record<string, string>> = { Id: "string", MatchCode: "string", Timestamp: "time.Time" };

export type GoPackage = "postern" | "agent";

/** Writes types for a package. Types without a name on the wire get one from the place where they stand, and go into `declared`. */
export type GoTypes = {
  readonly declared: Map<string, string>;
  /** The type of a value. */
  of(schema: Schema, place: string): string;
  /** Declares a struct for an object, or for a choice of objects: then it has the fields of all. */
  declare(name: string, schema: Schema, skipped?: readonly string[]): void;
};

export function goTypes(packageName: GoPackage, kept: ReadonlySet<string> = new Set()): GoTypes {
  const declared = new Map<string, string>();
  const whole = packageName === "postern" ? "uint32" : "int64";

  function of(schema: Schema, place: string): string {
    const name = nameOf(schema);
    if (name !== undefined) return namedType(name, packageName);
    if (schema.anyOf !== undefined) return choice(schema.anyOf, place);
    if (schema.enum !== undefined || typeof schema.const === "string") return "string";
    if (schema.type === "array") return `[]${of(schema.items ?? {}, place.replace(/s$/, ""))}`;
    if (schema.type === "object") return object(schema, place);
    if (schema.type === "integer") return whole;
    if (schema.type === "boolean") return "bool";
    if (schema.type === "string") return isBytes(schema) ? "[]byte" : "string";
    throw new Error(`Go has no type for ${place}`);
  }

  function choice(forms: readonly Schema[], place: string): string {
    const [first = {}, second = {}] = forms;
    if (forms.every((form) => typeof form.const === "string")) return "string";
    if (second.type === "null") return of(first, place);
    if (second.const === "never") return `OrNever[${of(first, place)}]`;
    if (nameOf(second)?.endsWith("Failure") === true)
      return nameOf(first) === "Empty" ? "Outcome[struct{}]" : `Outcome[${of(first, place)}]`;
    declare(place, { anyOf: forms });
    return place;
  }

  function object(schema: Schema, place: string): string {
    const pattern = Object.values(schema.patternProperties ?? {})[0];
    if (pattern !== undefined) return `map[string]${of(pattern, place)}`;
    declare(place, schema);
    return place;
  }

  function field(name: string, schema: Schema, required: boolean, place: string): string[] {
    const type = officialEnums.has(name) ? goName(name) : of(schema, `${place}${goName(name)}`);
    const isList = type.startsWith("[]") || type.startsWith("map[");
    const pointer = (required && !isNullable(schema)) || isList ? "" : "*";
    return [goName(name), `${pointer}${type}`, `\`json:"${name}${required ? "" : ",omitempty"}"\``];
  }

  function declare(
    name: string,
    schema: Schema,
    skipped = packageName === "postern" ? leftOut[name] : undefined,
  ): void {
    const forms = schema.anyOf ?? [schema];
    const fields = new Map(forms.flatMap(({ properties = {} }) => Object.entries(properties)));
    const rows = [...fields].flatMap(([key, value]) => {
      if (skipped?.includes(key) === true) return [];
      return [
        field(
          key,
          value,
          forms.every(({ required = [] }) => required.includes(key)),
          name,
        ),
      ];
    });
    // Its empty struct could not be read from a text.
    if (schema.type === "string")
      throw new Error(`the Go client has no type for the text ${name}: give it no name of its own`);
    declared.set(name, structOf(name, rows, [...fields.keys()], isKept(name, kept)));
  }

  return { declared, of, declare };
}

function namedType(name: string, packageName: GoPackage): string {
  const known = Object.hasOwn(plain, name) ? plain[name] : undefined;
  if (known !== undefined) return known;
  return packageName === "agent" && isShared(name) ? `postern.${goName(name)}` : goName(name);
}

/** The text of a struct, and where it keeps unknown fields, the methods for that. */
function structOf(name: string, rows: readonly (readonly string[])[], keys: readonly string[], keeps: boolean): string {
  const body = aligned(keeps ? [...rows, keptRow] : rows).map((line) => `\t${line}\n`);
  const struct = `type ${name} struct {\n${body.join("")}}`;
  return keeps ? `${struct}\n\n${keeping(name, keys)}` : struct;
}

const isNullable = ({ anyOf = [] }: Schema): boolean => anyOf.some(({ type }) => type === "null");

const isBytes = (schema: Schema): boolean => "contentEncoding" in schema;

/** An enum: a text with a constant for each word. A later agent may send other words, and they pass. */
export function goEnum(name: string, words: readonly string[]): string {
  const rows = words.map((word) => [`${name}${goName(word)}`, name, `= ${JSON.stringify(word)}`]);
  return `type ${name} string\n\nconst (\n${aligned(rows)
    .map((line) => `\t${line}`)
    .join("\n")}\n)`;
}

/** The words of a schema that is an enum. */
export function wordsOf({ enum: words, anyOf = [] }: Schema): readonly string[] | undefined {
  if (words !== undefined) return words;
  const constants = anyOf.flatMap((form) => (typeof form.const === "string" ? [form.const] : []));
  return constants.length > 0 && constants.length === anyOf.length ? constants : undefined;
}
