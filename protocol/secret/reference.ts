// Secret references, op://vault/item[/section]/field[?query], read exactly as the official SDKs read them: the same 66
// characters, the same order of checks, the same words. A differential test holds the two together.
import { PosternError } from "../errors.ts";

/** The parts of a reference. They may be empty. Nothing is trimmed, decoded or looked up. */
export type SecretReference = {
  readonly vault: string;
  readonly item: string;
  readonly section?: string;
  readonly field: string;
  readonly query?: ReferenceQuery;
};

export type ReferenceQuery =
  | { readonly key: "attribute"; readonly value: "otp" | "totp" }
  | { readonly key: "ssh-format"; readonly value: "openssh" };

const PREFIX = "op://";

const reasons = {
  prefix: 'secret reference is not prefixed with "op://"',
  character:
    "invalid character in secret reference: secret references must only contain alphanumeric, _, . or - characters",
  format:
    'secret reference has invalid format - must be "op://<vault>/<item>/[section/]field[?attribute=<attribute-value>]"',
  key: "secret reference has invalid query parameter key",
  // The official text has the stray brace too, and programs may compare texts.
  value: "secret reference has invalid query parameter value}",
} as const;

/** The characters that a part, a query key and a query value may have. */
const LEGAL = /^[A-Za-z0-9 \-_.]*$/;

const queryValues: Readonly<Record<string, readonly string[]>> = {
  attribute: ["otp", "totp"],
  "ssh-format": ["openssh"],
};

/** Whether a text claims to be a reference. It may still be malformed. */
export function isReference(text: string): boolean {
  return text.startsWith(PREFIX);
}

/** Reads a reference. Throws invalidReference with the official text. A fault in the query is named before one in the path. */
export function parseReference(text: string): SecretReference {
  if (!text.startsWith(PREFIX)) throw refusal("prefix");
  const [path = "", query, ...more] = text.slice(PREFIX.length).split("?");
  if (more.length > 0) throw refusal("character");
  const parsedQuery = query === undefined ? undefined : parseQuery(query);
  if (!LEGAL.test(path.replaceAll("/", ""))) throw refusal("character");
  const parts = path.split("/");
  const [vault, item, third, fourth] = parts;
  if (vault === undefined || item === undefined || third === undefined || parts.length > 4) throw refusal("format");
  const place = fourth === undefined ? { vault, item, field: third } : { vault, item, section: third, field: fourth };
  return parsedQuery === undefined ? place : { ...place, query: parsedQuery };
}

function parseQuery(query: string): ReferenceQuery {
  const [key, value, ...more] = query.split("=");
  if (key === undefined || value === undefined || more.length > 0 || !LEGAL.test(key) || !LEGAL.test(value))
    throw refusal("format");
  const values = Object.hasOwn(queryValues, key) ? queryValues[key] : undefined;
  if (values === undefined) throw refusal("key");
  if (!values.includes(value)) throw refusal("value");
  return { key, value } as ReferenceQuery;
}

function refusal(reason: keyof typeof reasons): PosternError {
  return new PosternError("invalidReference", reasons[reason]);
}
