// The lines that name one thing in a prompt. One line where every title is plain; else a line for each part, with its id
// where the title does not say which one is meant. Whoever may write to a vault chooses its titles: none may look like
// another, like a part of its own, or like what Postern says.
import { shownLine } from "./shown.ts";

/** A vault, an item or a part of one, on the way to what is asked for. */
export type Part = {
  readonly kind: "vault" | "environment" | "item" | "section" | "field";
  readonly id: string;
  /** Undefined where nothing has this id. */
  readonly title: string | undefined;
  /** Whether no other one that is known looks like it. */
  readonly unique: boolean;
};

/** What is asked for: in Postern's words, and the parts that lead to it, the widest first. */
export type Thing = { readonly what: string; readonly parts: readonly Part[] };

/** What a title would say of the parts around it; the other slashes are drawn like the first. */
const STRUCTURE = /[/\u2044\u2215\u29f8()]|the vault/i;

/** Letters written from right to left: in one line with others they would swap the parts. */
const LEFTWARD = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

const ID_WITHIN = /[a-z2-7]{26}/i;

/** Characters of an id in one line, behind the longest label. */
const ID_LENGTH_MAX = 60;

/** `before` is what Postern says first; it counts towards the line. */
export function askedLines(thing: Thing, before = ""): string[] {
  const whole = `${before}${inOneLine(thing)}`;
  if (thing.parts.every(isPlain) && shownLine(whole) === whole) return [whole];
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
  return shownLine(whole) === whole ? [whole] : [`${before}${reference}`, why];
}

function isPlain(part: Part): boolean {
  const { title = "" } = part;
  return part.unique && isExact(part) && !STRUCTURE.test(title) && !LEFTWARD.test(title);
}

/**
 * Whether a title is shown as it is: nothing stripped, joined or cut, no letters in a form that only looks other, and
 * nothing like an id. Of two that look the same at most one is exact, or both have one lookup tag.
 */
function isExact(part: Part): boolean {
  if (part.title === undefined) return false;
  const line = titleLine(part);
  return shownLine(line) === line && line.normalize("NFKC") === line && !ID_WITHIN.test(part.title);
}

function partLines(part: Part): string[] {
  if (part.title === undefined) return idLines(`no such ${part.kind}`, part.id);
  return [titleLine(part), ...(part.unique && isExact(part) ? [] : idLines(`${part.kind} id`, part.id))];
}

function titleLine({ kind, title = "" }: Part): string {
  return `${kind}: ${title}`;
}

/** Whole, however long, and letter by letter: a field's id is chosen by who writes it, one of nothing by who asks. */
function idLines(label: string, id: string): string[] {
  const letters = id.replace(/[^\w./-]/gu, (letter) => `\\u{${letter.codePointAt(0)?.toString(16)}}`);
  return (letters.match(new RegExp(`.{1,${ID_LENGTH_MAX}}`, "g")) ?? [""]).map((piece) => `${label}: ${piece}`);
}
