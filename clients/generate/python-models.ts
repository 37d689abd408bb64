// clients/python: the official types as classes. A union is one class for each tag, as in the official package.
import { permissionBits } from "../../protocol/access/permission-names.ts";
import type { NamedTypes } from "./named-types.ts";
import { pascalCase, snakeCase, wordsOfName } from "./naming.ts";
import { aboutShapes, officialShapes } from "./official-shapes.ts";
import { banner, classText, literal } from "./python-text.ts";
import { nameOf, type Schema } from "./schema.ts";

type BytesSchema = Schema & { readonly contentEncoding?: string };

/** Enums of the official package. Two of them have no name of their own in the catalogue. */
const enums = [
  ...["AllowedRecipientType", "AllowedType", "AutofillBehavior", "GroupState", "GroupType", "ItemCategory"],
  ...["ItemFieldType", "ItemShareDuration", "ItemState", "VaultAccessorType", "VaultType"],
];
const unnamedEnums: readonly string[] = ["SeparatorType", "WordListType"];

export function renderPythonModels(named: NamedTypes): string {
  const found = new Map<string, readonly string[]>();
  for (const name of enums) found.set(name, wordsOf(named.types[name] ?? {}));
  const shapes = Object.entries(officialShapes(named)).flatMap(([name, schema]) => shapeText(name, schema, found));
  const words = [...found].map(([name, all]) => enumText(name, all));
  const bits = Object.entries(permissionBits).map(([name, bit]) => `${name}: int = ${bit}`);
  return `${[
    banner("protocol/catalogue.ts"),
    '"""The types of the official package. Fields are in snake_case; the wire has them in camelCase."""',
    "",
    "from __future__ import annotations",
    "",
    "from datetime import datetime",
    "from enum import Enum",
    "from typing import List, Literal, Optional, Union",
    "",
    "from ._model import Model",
    "",
    ...exported([...words, ...shapes, ...bits]),
    "",
    "ErrorMessage = str",
    ...[...words, ...shapes].flatMap((text) => ["", "", text]),
    "",
    "",
    "NO_ACCESS: int = 0",
    ...bits,
  ].join("\n")}\n`;
}

/** What `import *` gives: the name of each class, union and number. */
function exported(texts: readonly string[]): string[] {
  const names = texts.map((text) => /^(?:#.*\n)?(?:class )?(\w+)/.exec(text)?.[1] ?? "");
  const all = ["ErrorMessage", "NO_ACCESS", ...names].toSorted((a, b) => (a < b ? -1 : 1));
  return ["__all__ = [", ...all.map((name) => `    ${literal(name)},`), "]"];
}

function wordsOf(schema: Schema): string[] {
  if (schema.enum !== undefined) return [...schema.enum];
  return (schema.anyOf ?? []).flatMap((part) => (typeof part.const === "string" ? [part.const] : []));
}

function enumText(name: string, words: readonly string[]): string {
  if (words.length === 0) throw new Error(`the catalogue has no words for ${name}`);
  return classText(
    `${name}(str, Enum)`,
    undefined,
    words.map((word) => `${word.toUpperCase()} = ${literal(word)}`),
  );
}

/** The classes of a shape, each after those that it is made of. */
function shapeText(name: string, schema: Schema, found: Map<string, readonly string[]>): string[] {
  if (schema.anyOf === undefined) return [modelText(name, schema, aboutShapes[name], found)];
  const tags = schema.anyOf.map((form) => String(form.properties?.type?.const));
  const kinds = `${name}Types`;
  const members = tags.map((tag) => [wordsOfName(tag).join("_").toUpperCase(), tag] as const);
  const forms = schema.anyOf.flatMap((form, index) => {
    const [member = ""] = members[index] ?? [];
    return formText(name, tags[index] ?? "", `${kinds}.${member}`, form, found);
  });
  const classes = tags.map((tag) => name + pascalCase(tag));
  const union = classes.length === 1 ? classes[0] : `Union[\n${classes.map((one) => `    ${one},`).join("\n")}\n]`;
  return [
    classText(
      `${kinds}(str, Enum)`,
      undefined,
      members.map(([member, tag]) => `${member} = ${literal(tag)}`),
    ),
    ...forms,
    `# ${aboutShapes[name]}\n${name} = ${union}`,
  ];
}

function formText(
  union: string,
  tag: string,
  member: string,
  form: Schema,
  found: Map<string, readonly string[]>,
): string[] {
  const own = union + pascalCase(tag);
  const inner: string[] = [];
  const fields = Object.entries(form.properties ?? {}).filter(([name]) => name !== "type");
  const lines = fields.map(([name, schema]) => {
    if (schema.type !== "object") return `${snakeCase(name)}: ${name === "message" ? "ErrorMessage" : typeOf(schema)}`;
    inner.push(modelText(`${own}Inner`, schema, undefined, found));
    return `${snakeCase(name)}: ${own}Inner`;
  });
  return [...inner, classText(`${own}(Model)`, undefined, [`type: Literal[${member}] = ${member}`, ...lines])];
}

function modelText(
  name: string,
  schema: Schema,
  about: string | undefined,
  found: Map<string, readonly string[]>,
): string {
  const lines = Object.entries(schema.properties ?? {}).map(([field, value]) => {
    const unnamed = pascalCase(field);
    if (value.enum !== undefined && unnamedEnums.includes(unnamed)) found.set(unnamed, value.enum);
    const type = found.has(unnamed) && value.enum !== undefined ? unnamed : typeOf(value);
    if (schema.required?.includes(field) === true) return `${snakeCase(field)}: ${type}`;
    return `${snakeCase(field)}: ${type.startsWith("Optional[") ? type : `Optional[${type}]`} = None`;
  });
  return classText(`${name}(Model)`, about, lines);
}

/** Names of the catalogue that are plain values in a program. */
const plain: Readonly<Record<string, string>> = { Id: "str", Timestamp: "datetime" };

function typeOf(schema: Schema): string {
  const name = nameOf(schema);
  if (name !== undefined) return plain[name] ?? name;
  const parts = schema.anyOf ?? [];
  const rest = parts.filter(({ type }) => type !== "null");
  const [only] = rest;
  if (only !== undefined && rest.length === 1) return `Optional[${typeOf(only)}]`;
  if (schema.type === "array") return `List[${typeOf(schema.items ?? {})}]`;
  if (schema.type === "integer") return "int";
  if (schema.type === "boolean") return "bool";
  if (schema.type === "string") return (schema as BytesSchema).contentEncoding === "base64" ? "bytes" : "str";
  throw new Error(`no type of Python is known for ${JSON.stringify(schema)}`);
}
