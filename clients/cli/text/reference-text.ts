// References as people write them: with variables in them, between braces inside a longer text, or almost right. Nothing
// here looks anything up.
import { type Escape, escapes } from "../terminal/escape.ts";
import { UsageError } from "../terminal/exit-code.ts";

export const PREFIX = "op://";

/** A place of a text that a secret goes to. */
export type Place = {
  readonly at: number;
  readonly length: number;
  readonly reference: string;
  readonly form?: Escape | undefined;
};

/** Characters from `{{` to `}}`: a reference of the longest kind with variables in it. Behind that it is other text. */
const PLACE_LENGTH_MAX = 4096;

/** The look ahead leaves one way to read a run of letters: with two for each variable a long text would take forever. */
const VARIABLE = String.raw`\$\{[A-Za-z_][A-Za-z0-9_]*(?::-[^\${}\s/]*)?\}|\$[A-Za-z_][A-Za-z0-9_]*(?![A-Za-z0-9_])`;
const PART = String.raw`(?:[A-Za-z0-9\-_.]|${VARIABLE})+`;

/**
 * Not after a letter, a digit, `-`, `+`, `\` or `.`, as the official command has it: `shop://a/b/c` and `\op://a/b/c` are none.
 * It speaks of letters and names no script, so that those of every script count, with the marks that stand above them.
 */
const BOUNDARY = String.raw`(?<![\p{L}\p{M}\p{Nd}\-+\\.])`;

/** A bare reference ends at the first character that needs no quotes, and begins at a boundary. */
const BARE = new RegExp(
  String.raw`${BOUNDARY}op://${PART}(?:/${PART}){2,3}(?:\?[A-Za-z0-9\-_.]+=[A-Za-z0-9\-_.]+)?`,
  "gu",
);

const NOT_BLANK = /\S/g;

/** The places in double braces, in order. Throws UsageError for an escape that there is not, by its line. */
export function bracedPlaces(text: string): Place[] {
  const found: Place[] = [];
  for (let at = text.indexOf("{{"); at !== -1; at = text.indexOf("{{", at)) {
    NOT_BLANK.lastIndex = at + 2;
    const begins = NOT_BLANK.exec(text)?.index ?? text.length;
    const place = text.startsWith(PREFIX, begins) ? bracedPlace(text, at) : undefined;
    if (place !== undefined) found.push(place);
    // One brace on: of three in a row the last two may be the ones.
    at += place === undefined ? 1 : place.length;
  }
  return found;
}

function bracedPlace(text: string, at: number): Place | undefined {
  let close = at + 2;
  const most = Math.min(text.length, at + PLACE_LENGTH_MAX);
  while (close < most && !text.startsWith("}}", close)) {
    if (text.startsWith("{{", close)) return undefined;
    // A variable's own brace closes nothing.
    close = text.startsWith("${", close) ? Math.max(text.indexOf("}", close), close) + 1 : close + 1;
  }
  if (close >= most) return undefined;
  const [reference = "", ...filters] = text.slice(at + 2, close).split("|");
  const [form, ...more] = filters.map((one) => one.trim());
  if (more.length > 0 || (form !== undefined && !isEscape(form)))
    throw new UsageError(
      `line ${lineAt(text, at)}: what stands behind | is no escape that is known`,
      `use one of ${escapes.join(", ")}, as in: {{ op://vault/item/field | json }}`,
    );
  return { at, length: close + 2 - at, reference: reference.trim(), form };
}

const isEscape = (text: string): text is Escape => (escapes as readonly string[]).includes(text);

/** Every place of a template, in double braces or bare, in order. */
export function placesOf(template: string): Place[] {
  const braced = bracedPlaces(template);
  const taken = braced.map(({ at, length }) => [at, at + length] as const);
  let next = 0;
  const bare: Place[] = [];
  for (const found of template.matchAll(BARE)) {
    while ((taken[next]?.[1] ?? Number.POSITIVE_INFINITY) <= found.index) next++;
    if ((taken[next]?.[0] ?? Number.POSITIVE_INFINITY) > found.index)
      bare.push({ at: found.index, length: found[0].length, reference: found[0] });
  }
  return [...braced, ...bare].sort((a, b) => a.at - b.at);
}

/** The text with what each place is replaced by. */
export function replaced(text: string, places: readonly Place[], by: (place: Place) => string): string {
  let result = "";
  let end = 0;
  for (const place of places) {
    result += text.slice(end, place.at) + by(place);
    end = place.at + place.length;
  }
  return result + text.slice(end);
}

/** The number of the line that a place stands in. */
function lineAt(text: string, at: number): number {
  return text.slice(0, at).split("\n").length;
}

/** The same for each of many places, in order, in one pass. */
export function linesOf(text: string, places: readonly Place[]): number[] {
  let line = 1;
  let seen = 0;
  return places.map(({ at }) => {
    for (let next = text.indexOf("\n", seen); next !== -1 && next < at; next = text.indexOf("\n", seen)) {
      line++;
      seen = next + 1;
    }
    return line;
  });
}

/** A reference whose variables cannot be put in; the message is for behind the name of who has it. */
export class NotExpanded extends Error {
  override readonly name = "NotExpanded";
}

/** A variable in a reference, in one of the forms `$A`, `${A}`, `${A:-word}`; or a `$` that begins none of them. */
const IN_REFERENCE = /\$(?:\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^${}]*))?\}|([A-Za-z_][A-Za-z0-9_]*)|)/g;

/** Puts the variables of a reference in. Throws NotExpanded. */
export function expanded(reference: string, variables: ReadonlyMap<string, string>): string {
  return reference.replace(IN_REFERENCE, (_all, braced?: string, word?: string, simple?: string) => {
    const name = braced ?? simple;
    if (name === undefined) throw new NotExpanded("$ in a reference stands before NAME, {NAME} or {NAME:-word}");
    const value = variables.get(name);
    // As in a shell, `:-` is for what is empty too.
    if (word !== undefined) return value === undefined || value === "" ? word : value;
    if (value === undefined) throw new NotExpanded(`the variable ${name} in its reference is not set`);
    return value;
  });
}

/** What people write in place of a reference: its prefix, but not at the start or not quite. */
const ALMOST = new RegExp(`${BOUNDARY}op:/`, "iu");
const ALMOST_AT_START = /^[\s"'`\u2018-\u201f{($]*op\s*(?:\/\/|:\s*\/|:\\)/i;

/** Whether a value that is used as it stands looks as if a reference had been meant. */
export function looksLikeReference(value: string): boolean {
  return !value.startsWith(PREFIX) && (ALMOST.test(value) || ALMOST_AT_START.test(value));
}

/**
 * The numbers of the lines of a template that hold what looks like a reference and is no place. A place may run over lines, and
 * those behind it keep their numbers.
 */
export function almostLines(template: string, places: readonly Place[]): number[] {
  const rest = replaced(template, places, ({ at, length }) => template.slice(at, at + length).replace(/[^\n]+/g, " "));
  return rest.split("\n").flatMap((line, index) => (ALMOST.test(line) ? [index + 1] : []));
}
