// The lines that name one thing in a prompt. One line where every title is plain; else a line for each part, with its id
// where the title does not say which one is meant. Whoever may write to a vault chooses its titles: none may look like
// another, like a part of its own, or like what Postern says.
import { createHash } from "node:crypto";
import { displayedLine } from "../account/displayed-text.ts";

/** A vault, an item or a part of one, on the way to what is asked for. */
export type Part = {
  readonly kind: "vault" | "environment" | "item" | "section" | "field";
  readonly id: string;
  /** Undefined where nothing has this id. */
  readonly title: string | undefined;
  /** Whether no other one that is known looks like it. */
  readonly unique: boolean;
  /** Whether its title could not be asked for: the service is not reached. */
  readonly unreached?: true;
};

/** What is asked for: in Postern's words, and the parts that lead to it, the widest first. */
export type Thing = { readonly what: string; readonly parts: readonly Part[] };

/**
 * What may stand in one line with other parts: Latin letters, digits, and signs that are no slash and no bracket. Of other
 * scripts some are drawn like a slash or like the letters of our own words, and some would swap the parts.
 */
const IN_LINE = /^[\p{Script=Latin}\p{Nd} .,:;!?'"&+@#%*=_-]*$/u;

/** What we say ourselves between two parts. */
const OUR_WORDS = /the vault/i;

const ID_WITHIN = /[a-z2-7]{26}/i;

/** Characters of an id in one line, behind the longest label. */
const ID_LENGTH_MAX = 60;

/** Characters of an id's hash: 96 bits, more than anybody finds two ids for that also begin alike. */
const HASH_LENGTH = 24;

/** `before` is what Postern says first; it counts towards the line. */
export function promptLines(thing: Thing, before = ""): string[] {
  const whole = `${before}${inOneLine(thing)}`;
  if (thing.parts.every(isPlain) && displayedLine(whole) === whole) return [whole];
  return [`${before}${thing.what}:`, ...thing.parts.flatMap(partLines)];
}

function inOneLine({ what, parts }: Thing): string {
  const titles = parts.map(({ title }) => title);
  if (parts.at(-1)?.kind === "field") return `op://${titles.join("/")}`;
  return titles.length === 0 ? what : `${what} ${titles.reverse().join(" in the vault ")}`;
}

/** What a program named and what is nowhere: the program's own text, so it keeps to its line, and the reason has one. */
export function missingLines(reference: string, why: string, before = ""): string[] {
  const whole = `${before}${reference} (${why})`;
  return displayedLine(whole) === whole ? [whole] : [`${before}${reference}`, why];
}

function isPlain(part: Part): boolean {
  const { title = "" } = part;
  return part.unique && isExact(part) && IN_LINE.test(title) && !OUR_WORDS.test(title);
}

/**
 * Whether a title is shown as it is: nothing stripped, joined or cut, no letters in a form that only looks other, and
 * nothing like an id. Of two that look the same at most one is exact, or both have one lookup tag.
 */
function isExact(part: Part): boolean {
  if (part.title === undefined) return false;
  const line = titleLine(part);
  return displayedLine(line) === line && line.normalize("NFKC") === line && !ID_WITHIN.test(part.title);
}

function partLines(part: Part): string[] {
  if (part.unreached === true) return [idLine(`${part.kind} id`, part.id)];
  if (part.title === undefined) return [idLine(`no such ${part.kind}`, part.id)];
  return [titleLine(part), ...(part.unique && isExact(part) ? [] : [idLine(`${part.kind} id`, part.id)])];
}

function titleLine({ kind, title = "" }: Part): string {
  return `${kind}: ${title}`;
}

/**
 * Letter by letter: a field's id is chosen by who writes it, one of nothing by who asks. A long one is told by its beginning
 * and its hash, so that a hundred of them do not push the question out of sight and no two are told alike.
 */
function idLine(label: string, id: string): string {
  const letters = id.replace(/[^\w./-]/gu, (letter) => `\\u{${letter.codePointAt(0)?.toString(16)}}`);
  if (letters.length <= ID_LENGTH_MAX) return `${label}: ${letters}`;
  const hash = createHash("sha256").update(id).digest("hex").slice(0, HASH_LENGTH);
  return `${label}: ${letters.slice(0, ID_LENGTH_MAX - HASH_LENGTH - 9)}… sha256 ${hash}`;
}
