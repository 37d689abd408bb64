// Fields from the command line. Concealed values come from a prompt, a file or a descriptor. In argv they are refused.

import { demandValue, fromDescriptor, fromFile } from "../files/secret-input.ts";
import { askSecret } from "../terminal/ask.ts";
import { UsageError } from "../terminal/exit-code.ts";
import { oneLine } from "../terminal/terminal.ts";
import { atEquals, type FieldWord, parseFieldWord, saysSecret, secretTypes, typeList } from "./field-words.ts";

export type FieldOptions = {
  field?: string[];
  secret?: string[];
  secretFile?: string[];
  secretFd?: string[];
};

/** A field with its value from the command line. `open` says that the value stood in argv. */
export type Given = FieldWord & { readonly value: string; readonly open: boolean; readonly option: string };

export const SECRET_OPTIONS = "use --secret NAME and type it, --secret-file NAME=PATH or --secret-fd NAME=N";

/**
 * Reads all values once, before the first request to the agent. A descriptor gives its value only once, and after an unlock the requests
 * begin again.
 */
export async function givenFields(options: FieldOptions): Promise<Given[]> {
  const open = (options.field ?? []).map(openField);
  const typed = (options.secret ?? []).map((text) => parseFieldWord(nameAlone(text), "--secret"));
  const files = (options.secretFile ?? []).map((text) => from(text, "--secret-file", "PATH", fromFile));
  const descriptors = (options.secretFd ?? []).map((text) =>
    from(text, "--secret-fd", "N", (number, option) => fromDescriptor(number, option, "PASSWORD=3")),
  );
  const given = [...open, ...files, ...descriptors];
  for (const word of typed)
    given.push({
      ...word,
      value: await askSecret(word.title, "--secret-file or --secret-fd"),
      open: false,
      option: "--secret",
    });
  for (const one of given) {
    if (!one.open) demandValue(one.value, `${one.option} for ${one.title}`, EMPTY_FIELD);
    if (one.type === "Totp") await demandCodes(one);
  }
  return given;
}

const EMPTY_FIELD = "take a field away with --remove-field NAME, or leave it empty with --field 'NAME[text]='";

function nameAlone(text: string): string {
  if (atEquals(text).value !== undefined)
    throw new UsageError(
      "--secret takes a name alone: a secret in the command line can be read by every program of this machine",
      SECRET_OPTIONS,
    );
  return text;
}

function openField(text: string): Given {
  const option = "--field";
  const { name, value } = named(text, option, "VALUE");
  const word = parseFieldWord(name, option);
  if (word.type !== undefined && secretTypes.has(word.type))
    throw new UsageError(
      `--field is for what anybody may see, and fields of this kind are secrets: ${oneLine(word.title)}`,
      SECRET_OPTIONS,
    );
  if (word.type === undefined && saysSecret(word.title))
    throw new UsageError(
      `--field is for what anybody may see, and the name ${oneLine(word.title)} says it is a secret`,
      `${SECRET_OPTIONS}; where it is none, say its kind: --field 'NAME[text]=VALUE'`,
    );
  return { ...word, value, open: true, option };
}

function from(
  text: string,
  option: "--secret-file" | "--secret-fd",
  what: "PATH" | "N",
  read: (source: string, option: string) => string,
): Given {
  const { name, value } = named(text, option, what);
  return { ...parseFieldWord(name, option), value: read(value, option), open: false, option };
}

function named(text: string, option: keyof typeof examples, what: string): { name: string; value: string } {
  const { name, value } = atEquals(text);
  if (name === "" || value === undefined)
    throw new UsageError(`${option} takes NAME=${what}`, `for one, ${option} ${examples[option]}`);
  return { name, value };
}

const examples = {
  "--field": "REGION=eu",
  "--secret-file": "PASSWORD=password.txt",
  "--secret-fd": "PASSWORD=3 3< password.txt",
} as const;

/** Throws UsageError for a seed that makes no codes. The error says why and does not show the seed. */
export async function demandCodes({ value, option }: Pick<Given, "value" | "option">): Promise<void> {
  // Loaded only now: few commands give a seed.
  const { totpCode } = await import("../generated-totp.ts");
  const made = totpCode(value, Date.now());
  if ("errorMessage" in made)
    throw new UsageError(
      `what ${option} gives makes no one-time password (${made.errorMessage.replace(/^[^:]*: /, "")})`,
      "give the secret that the site shows, or its otpauth://totp link",
    );
}

/** The help for names in `--field` and similar options. */
export const NAME_HELP = `[section/]title[[kind]]; kinds: ${typeList}`;
