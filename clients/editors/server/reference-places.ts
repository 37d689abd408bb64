// Finds the places of a text that claim to be references, and those that look like one and are none. What a place ends with depends on what stands
// before it: a quote, braces, or the name of a variable. Only there a reference may hold blanks.
import { basename } from "node:path";

const PREFIX = "op://";

/** Characters of a reference, as in the agent. What has more is none. */
export const REFERENCE_LENGTH_MAX = 2_048;

export type ReferencePlace = {
  readonly at: number;
  readonly end: number;
  readonly text: string;
  /** Some part is filled in later, by a variable or a program. So what the text says is not all of the reference. */
  readonly isOpen: boolean;
};

/** The same as in the command's templates: `shop://a/b/c` and `\op://a/b/c` are no references, with letters of any script. */
const GLUED = /[\p{L}\p{M}\p{Nd}\-+\\.]$/u;

/** Parts that a program or a person fills in: `$NAME`, `{name}`, `<vault>`, `[section/]`, `%s`, `*`, `…`, `...`, and escapes of a language. */
const FILLED_IN = /[$<>[\]{}()*%\\…]|\.\.\.|\/$/;

/** A bare reference ends at a blank, a quote, or what separates words in any of the languages. */
const BARE = /(?:\$\{[^}\s]{0,256}\}|\$\([^)\s]{0,256}\)|[^\s"'`“”‘’«»<>()[\]{},;|&\\*…])*/y;

/** What ends a sentence, and is no part of a bare reference at its end. */
const SENTENCE_END = ".:!?";

/** What stands behind a bare reference whose next part is filled in, such as `op://<vault>/…`. */
const OPENS = /^[<[{(*\\…]/;

const QUOTES = `"'\``;

type Kind = "variables" | "yaml" | "other";

function kindOf(path: string): Kind {
  const name = basename(path);
  if (/^\.env(?:\..+)?$|\.env$/.test(name)) return "variables";
  return /\.ya?ml$/.test(name) ? "yaml" : "other";
}

/** What stands on a line before a value without quotes, which reaches to the end of the line. */
const beforeValue: Readonly<Record<Kind, RegExp>> = {
  variables: /^\s*(?:export\s+)?[A-Za-z_][\w.]*[ \t]*=[ \t]*$/,
  yaml: /^[ \t]*(?:-[ \t]+)*(?:[\w.-]+:[ \t]+)?$/,
  other: /(?!)/,
};

/** A comment behind such a value. */
const COMMENT = /[ \t]#/;

/** The first places that begin with `op://` and have something behind it, in order. */
export function placesOf(text: string, path: string, most: number): ReferencePlace[] {
  const kind = kindOf(path);
  const places: ReferencePlace[] = [];
  for (let at = text.indexOf(PREFIX); at !== -1 && places.length < most; ) {
    const place = GLUED.test(text.slice(Math.max(0, at - 2), at)) ? undefined : placeAt(text, at, kind);
    if (place !== undefined && place.end > at + PREFIX.length) places.push(place);
    at = text.indexOf(PREFIX, Math.max(place?.end ?? 0, at + PREFIX.length));
  }
  return places;
}

function placeAt(text: string, at: number, kind: Kind): ReferencePlace {
  // One more than the longest, so that a longer one is seen as that.
  const line = restOfLine(text, at, REFERENCE_LENGTH_MAX + 1);
  const near = text.slice(Math.max(0, at - REFERENCE_LENGTH_MAX), at);
  const before = near.slice(near.lastIndexOf("\n") + 1);
  const isWord = (text: string) => FILLED_IN.test(text) || isItemOfCommand(text, before);
  const said = quoted(line, before) ?? braced(line, before) ?? wholeValue(line, before, kind);
  if (said !== undefined) return { at, end: at + said.length, text: said, isOpen: isWord(said) };
  BARE.lastIndex = PREFIX.length;
  const run = PREFIX + (BARE.exec(line)?.[0] ?? "");
  const isCut = OPENS.test(line.slice(run.length));
  const bare = isCut ? run : withoutSentenceEnd(run);
  return { at, end: at + bare.length, text: bare, isOpen: isCut || isWord(bare) };
}

/** Some commands take an item as `op://vault/item`. */
function isItemOfCommand(text: string, before: string): boolean {
  return /^op:\/\/[^/]+\/[^/]+$/.test(text) && /(?:^|[\s"'`])(?:postern|op)\s/.test(before);
}

function restOfLine(text: string, at: number, most: number): string {
  const line = text.slice(at, at + most);
  const end = line.search(/[\r\n]/);
  return end === -1 ? line : line.slice(0, end);
}

/** The loop is linear. A pattern that looks for the end of the text begins anew at each character. */
function withoutSentenceEnd(run: string): string {
  let end = run.length;
  while (SENTENCE_END.includes(run[end - 1] ?? " ")) end--;
  return run.slice(0, end);
}

/** What stands between quotes. Two references between one pair of quotes are words of a text. */
function quoted(line: string, before: string): string | undefined {
  const quote = before.at(-1) ?? "";
  if (quote === "" || !QUOTES.includes(quote)) return undefined;
  const end = line.indexOf(quote);
  return end === -1 || line.lastIndexOf(PREFIX, end) > 0 ? undefined : line.slice(0, end);
}

/** What stands between double braces, without the name of an escape. */
function braced(line: string, before: string): string | undefined {
  if (!/\{\{[ \t]*$/.test(before)) return undefined;
  const end = line.replace(/\$\{[^}]{0,256}\}/g, (variable) => "_".repeat(variable.length)).search(/\}\}|\|/);
  return end === -1 ? undefined : line.slice(0, end).trimEnd();
}

/** A value without quotes, as env files and YAML have it. */
function wholeValue(line: string, before: string, kind: Kind): string | undefined {
  if (!beforeValue[kind].test(before)) return undefined;
  const comment = line.search(COMMENT);
  return (comment === -1 ? line : line.slice(0, comment)).trimEnd();
}

/** Whether a reference behind this text may have blanks: between quotes or braces, or where it is the whole value. */
export function mayHoldBlanks(before: string, path: string): boolean {
  const quote = before.at(-1) ?? " ";
  return QUOTES.includes(quote) || /\{\{[ \t]*$/.test(before) || beforeValue[kindOf(path)].test(before);
}

/** A part of a path that looks like one of a reference. */
const PART = String.raw`[A-Za-z0-9_\-.$}{]{1,256}`;

/** Almost the prefix, and at least three parts. With fewer, `op:/` is other text. */
const ALMOST = new RegExp(
  String.raw`(?<![\p{L}\p{M}\p{Nd}\-+\\./:])op(?::\/{1,2}|\/\/|:[ \t]\/\/)${PART}(?:\/${PART}){2,4}`,
  "giu",
);

/** Texts that people write for a reference by mistake: `OP://…`, `op:/…`, `op//…`. */
export function almostPlaces(text: string): { at: number; end: number }[] {
  return [...text.matchAll(ALMOST)]
    .filter(({ 0: found }) => !found.startsWith(PREFIX))
    .map(({ index, 0: found }) => ({ at: index, end: index + found.length }));
}
