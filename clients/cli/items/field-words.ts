// Reads the name of a field on the command line: `section/title[type]`, with `=` and a value where the option takes one. A backslash makes
// a following `/`, `[`, `]`, `=` or `\` part of the name.
import { ItemFieldType } from "../../typescript/sdk-types.ts";
import { UsageError } from "../terminal/exit-code.ts";

export type FieldType = `${Exclude<ItemFieldType, "Unsupported">}`;

/** The parts of a name on the command line. Without a section, it may mean a field of any section, as in a reference. */
export type FieldName = { readonly section?: string; readonly title: string };
export type FieldWord = FieldName & { readonly type?: FieldType };

/** Types whose values are secrets. They are refused in argv, and hidden unless requested. */
export const secretTypes: ReadonlySet<string> = new Set<FieldType>([
  "Concealed",
  "Totp",
  "CreditCardNumber",
  "SshKey",
] as const);

const types = Object.values(ItemFieldType).filter((type) => type !== "Unsupported") as readonly FieldType[];

/** Other names of types that people use. */
const otherNames: Readonly<Record<string, FieldType>> = {
  string: "Text",
  password: "Concealed",
  secret: "Concealed",
  otp: "Totp",
  onetimepassword: "Totp",
  website: "Url",
  tel: "Phone",
  cardnumber: "CreditCardNumber",
  cardtype: "CreditCardType",
};

const plainName = (text: string) => text.toLowerCase().replaceAll(/[-_ ]/g, "");

/** Every type by its name in small letters without hyphens. */
const typeNames: Readonly<Record<string, FieldType>> = {
  ...otherNames,
  ...Object.fromEntries(types.map((type) => [plainName(type), type])),
};

/** The types as help and errors list them, with hyphens between their words. */
export const typeList = types.map((type) => type.replaceAll(/(?<=[a-z])(?=[A-Z])/g, "-").toLowerCase()).join(", ");

type Letter = { readonly char: string; readonly escaped: boolean };

function lettersOf(text: string): Letter[] {
  const letters: Letter[] = [];
  for (let at = 0; at < text.length; at++) {
    const char = text[at] ?? "";
    const next = text[at + 1] ?? "";
    const escapes = char === "\\" && next !== "" && "/[]=\\".includes(next);
    letters.push({ char: escapes ? next : char, escaped: escapes });
    if (escapes) at++;
  }
  return letters;
}

const textOf = (letters: readonly Letter[]) => letters.map(({ char }) => char).join("");
const isPlain = (letter: Letter | undefined, char: string) => letter?.escaped === false && letter.char === char;

/** Splits at the first `=` that is no part of the name. Without one, `value` is undefined. */
export function atEquals(text: string): { name: string; value: string | undefined } {
  for (let at = 0; at < text.length; at++) {
    if (text[at] === "\\" && "/[]=\\".includes(text[at + 1] ?? " ")) at++;
    else if (text[at] === "=") return { name: text.slice(0, at), value: text.slice(at + 1) };
  }
  return { name: text, value: undefined };
}

/** Reads a name. Throws UsageError, which does not repeat the name: it may be a secret in a wrong place. */
export function parseFieldWord(text: string, option: string): FieldWord {
  const letters = lettersOf(text);
  const bracket = isPlain(letters.at(-1), "]") ? letters.findLastIndex((letter) => isPlain(letter, "[")) : -1;
  const type = bracket === -1 ? undefined : typeOf(textOf(letters.slice(bracket + 1, -1)), option);
  const name = bracket === -1 ? letters : letters.slice(0, bracket);
  const slashes = name.flatMap((letter, index) => (isPlain(letter, "/") ? [index] : []));
  const [slash] = slashes;
  if (slashes.length > 1)
    throw new UsageError(
      `a name given to ${option} has more than one slash`,
      String.raw`write SECTION/TITLE, and \/ for a slash that is part of one`,
    );
  const title = textOf(slash === undefined ? name : name.slice(slash + 1));
  if (title === "")
    throw new UsageError(`a name given to ${option} has no title`, `write SECTION/TITLE[TYPE]; only TITLE is needed`);
  return {
    ...(slash === undefined ? {} : { section: textOf(name.slice(0, slash)) }),
    title,
    ...(type === undefined ? {} : { type }),
  };
}

function typeOf(name: string, option: string): FieldType {
  const plain = plainName(name);
  const type = Object.hasOwn(typeNames, plain) ? typeNames[plain] : undefined;
  if (type === undefined)
    throw new UsageError(
      `the brackets of a name given to ${option} hold no kind of field`,
      String.raw`kinds are ${typeList}; write \[ for a bracket that is part of the title`,
    );
  return type;
}

/** Reads the name of an existing field. Such a name has no type. */
export function parseFieldName(text: string, option: string): FieldName {
  const { type, ...name } = parseFieldWord(text, option);
  if (type !== undefined)
    throw new UsageError(
      `${option} takes a name without a kind`,
      String.raw`write SECTION/TITLE, and \[ for a bracket that is part of the title`,
    );
  return name;
}

/** Words in a title that mean a secret value. */
const SECRET_WORDS: ReadonlySet<string> = new Set(
  "pass passwd password passphrase passcode pwd secret token key apikey privatekey secretkey accesskey authtoken auth bearer passwort pin credential otp totp cvv cvc".split(
    " ",
  ),
);

/** The same for words in a row. Each word alone means nothing. */
const SECRET_PHRASES: readonly string[] = ["seed phrase"];

/** Whether a title means a secret value. It looks at whole words, so "keyboard" is no key. */
export function saysSecret(title: string): boolean {
  const words = title
    .replaceAll(/(?<=[\p{Ll}\d])(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})/gu, " ")
    .toLowerCase()
    .split(/[^\p{L}]+/u);
  const single = words.map((word) => word.replace(/s$/, ""));
  return (
    [...words, ...single].some((word) => SECRET_WORDS.has(word)) ||
    SECRET_PHRASES.some((phrase) => ` ${single.join(" ")} `.includes(` ${phrase} `))
  );
}
