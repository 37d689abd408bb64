// Reads references as people write them: with variables, between braces in a longer text, or almost right. It looks nothing up.
import { type Escape, escapes } from "../terminal/escape.ts";
import { UsageError } from "../terminal/exit-code.ts";

export const PREFIX = "op://";

/** A place in a text for a secret. */
export type Place = {
  readonly at: number;
  readonly length: number;
  readonly reference: string;
  readonly form?: Escape | undefined;
};

/** The most characters from `{{` to `}}`: the longest reference with variables. Braces further apart are other text. */
const PLACE_LENGTH_MAX = 4096;

/** The lookahead leaves one way to read a run of letters. With two ways for each variable, a long text would take for ever. */
const VARIABLE = String.raw`\$\{[A-Za-z_][A-Za-z0-9_]*(?::-[^\${}\s/]*)?\}|\$[A-Za-z_][A-Za-z0-9_]*(?![A-Za-z0-9_])`;
const PART = String.raw`(?:[A-Za-z0-9\-_.]|${VARIABLE})+`;

/**
 * A reference does not follow a letter, a digit, `-`, `+`, `\` or `.`, as in the official command: `shop://a/b/c` and `\op://a/b/c` are
 * no references. The official text names no script. So the letters of every script count, with their marks.
 */
const BOUNDARY = String.raw`(?<![\p{L}\p{M}\p{Nd}\-+\\.])`;

/** A bare reference begins at a boundary and ends before the first character that a reference cannot have. */
const BARE = new RegExp(
  String.raw`${BOUNDARY}op://${PART}(?:/${PART}){2,3}(?:\?[A-Za-z0-9\-_.]+=[A-Za-z0-9\-_.]+)?`,
  "gu",
);

const NOT_BLANK = /\S/g;

/** The places in double braces, in order. Throws UsageError with the line for an unknown escape. */
export function bracedPlaces(text: string): Place[] {
  const found: Place[] = [];
  for (let at = text.indexOf("{{"); at !== -1; at = text.indexOf("{{", at)) {
    NOT_BLANK.lastIndex = at + 2;
    const begins = NOT_BLANK.exec(text)?.index ?? text.length;
    const place = text.startsWith(PREFIX, begins) ? bracedPlace(text, at) : undefined;
    if (place !== undefined) found.push(place);
    // Moves one brace on, since of three braces in a row the last two may begin a place.
    at += place === undefined ? 1 : place.length;
  }
  return found;
}

function bracedPlace(text: string, at: number): Place | undefined {
  let close = at + 2;
  const most = Math.min(text.length, at + PLACE_LENGTH_MAX);
  while (close < most && !text.startsWith("}}", close)) {
    if (text.startsWith("{{", close)) return undefined;
    // The closing brace of a variable does not end the place.
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

/** The text with each place replaced. */
export function replaced(text: string, places: readonly Place[], by: (place: Place) => string): string {
  let result = "";
  let end = 0;
  for (const place of places) {
    result += text.slice(end, place.at) + by(place);
    end = place.at + place.length;
  }
  return result + text.slice(end);
}

/** The line number of a place. */
function lineAt(text: string, at: number): number {
  return text.slice(0, at).split("\n").length;
}

/** The same for many places, in order, in one pass. */
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

/** A reference whose variables have no values. The message follows the name of the variable or line that holds the reference. */
export class NotExpanded extends Error {
  override readonly name = "NotExpanded";
}

/** A variable in a reference, in one of the forms `$A`, `${A}`, `${A:-word}`, or a `$` that begins none of them. */
const IN_REFERENCE = /\$(?:\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^${}]*))?\}|([A-Za-z_][A-Za-z0-9_]*)|)/g;

/** Replaces the variables of a reference by their values. Throws NotExpanded. */
export function expanded(reference: string, variables: ReadonlyMap<string, string>): string {
  return reference.replace(IN_REFERENCE, (_all, braced?: string, word?: string, simple?: string) => {
    const name = braced ?? simple;
    if (name === undefined) throw new NotExpanded("$ in a reference stands before NAME, {NAME} or {NAME:-word}");
    const value = variables.get(name);
    // As in a shell, `:-` applies to an empty variable too.
    if (word !== undefined) return value === undefined || value === "" ? word : value;
    if (value === undefined) throw new NotExpanded(`the variable ${name} in its reference is not set`);
    return value;
  });
}

/** A text that people write for a reference by mistake: its prefix in another place, or almost its prefix. */
const ALMOST = new RegExp(`${BOUNDARY}op:/`, "iu");
const ALMOST_AT_START = /^[\s"'`\u2018-\u201f{($]*op\s*(?:\/\/|:\s*\/|:\\)/i;

/** Whether a value that is used as it is looks like a mistyped reference. */
export function looksLikeReference(value: string): boolean {
  return !value.startsWith(PREFIX) && (ALMOST.test(value) || ALMOST_AT_START.test(value));
}

/**
 * The numbers of the lines of a template with a text that looks like a reference and is no place. A place may span lines, and the lines
 * after it keep their numbers.
 */
export function almostLines(template: string, places: readonly Place[]): number[] {
  const rest = replaced(template, places, ({ at, length }) => template.slice(at, at + length).replace(/[^\n]+/g, " "));
  return rest.split("\n").flatMap((line, index) => (ALMOST.test(line) ? [index + 1] : []));
}
