// The lines that name one thing in a prompt. It is one line where every title is plain. Otherwise each part has a line, with its id where the
// title alone is not clear. Everyone who may write to a vault chooses titles. So no title may look like another one, like a part of its
// own, or like Postern's own words.
import { createHash } from "node:crypto";
import { displayedLine } from "../account/displayed-text.ts";

/** A vault, an item or a part of an item, on the way to the target. */
export type Part = {
  readonly kind: "vault" | "environment" | "item" | "section" | "field" | "group";
  readonly id: string;
  /** Undefined where nothing has this id. */
  readonly title: string | undefined;
  /** Whether no other known one looks like it. */
  readonly unique: boolean;
  /** Whether its title could not be read, since the service is not reached. */
  readonly unreached?: true;
  /** Whether the title is the asker's own word, and nothing was looked up. */
  readonly sent?: true;
};

/** The target of a question: Postern's own words, and the parts that lead to it, the widest first. */
export type Thing = { readonly what: string; readonly parts: readonly Part[] };

/**
 * Titles that may stand in one line with other parts: Latin letters, digits, and signs but slashes and brackets. Some characters of other scripts
 * look like a slash or like our own words, and some would swap the parts.
 */
const IN_LINE = /^[\p{Script=Latin}\p{Nd} .,:;!?'"&+@#%*=_-]*$/u;

/** Postern's own text between two parts. */
const OUR_WORDS = /the vault/i;

const ID_WITHIN = /[a-z2-7]{26}/i;

/** Characters of an id in one line, behind the longest label. */
const ID_LENGTH_MAX = 60;

/** Characters of an id's hash: 96 bits. Nobody finds two ids with the same beginning and the same hash. */
const HASH_LENGTH = 24;

/** `before` is Postern's own text, which counts towards the line. */
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

/** A missing target. The program's own text has a line of its own, and so has the reason. */
export function missingLines(reference: string, why: string, before = ""): string[] {
  const whole = `${before}${reference} (${why})`;
  return displayedLine(whole) === whole ? [whole] : [`${before}${reference}`, why];
}

function isPlain(part: Part): boolean {
  const { title = "" } = part;
  return part.unique && isExact(part) && IN_LINE.test(title) && !OUR_WORDS.test(title);
}

/**
 * Whether a title is shown unchanged: nothing is removed, joined or cut, no letter has a look-alike form, and it is not like an id. Of two titles
 * that look the same, at most one is exact, or both have one lookup tag.
 */
function isExact(part: Part): boolean {
  if (part.title === undefined) return false;
  const line = titleLine(part);
  return displayedLine(line) === line && line.normalize("NFKC") === line && !ID_WITHIN.test(part.title);
}

export function partLines(part: Part): string[] {
  if (part.sent === true) return [titleLine(part)];
  if (part.unreached === true) return [idLine(`${part.kind} id`, part.id)];
  if (part.title === undefined) return [idLine(`no such ${part.kind}`, part.id)];
  return [titleLine(part), ...(part.unique && isExact(part) ? [] : [idLine(`${part.kind} id`, part.id)])];
}

function titleLine({ kind, title = "" }: Part): string {
  return `${kind}: ${title}`;
}

/**
 * Shows an id letter by letter. The writer of a field chooses its id, and the asker chooses the id of a missing thing. A long id is shown by its
 * beginning and its hash. So a hundred of them do not push the question out of sight, and no two look alike.
 */
function idLine(label: string, id: string): string {
  const letters = id.replace(/[^\w./-]/gu, (letter) => `\\u{${letter.codePointAt(0)?.toString(16)}}`);
  if (letters.length <= ID_LENGTH_MAX) return `${label}: ${letters}`;
  const hash = createHash("sha256").update(id).digest("hex").slice(0, HASH_LENGTH);
  return `${label}: ${letters.slice(0, ID_LENGTH_MAX - HASH_LENGTH - 9)}… sha256 ${hash}`;
}
