// The items that an import of an env file makes: which of a vault's are its own, what a new one is called, and how a
// reference names it. An item that the same file did not make is never touched.

import { createHash } from "node:crypto";
import { realpathSync, statSync } from "node:fs";
import { hostname } from "node:os";
import { basename, dirname } from "node:path";
import { itemLimits } from "../../typescript/generated-limits.ts";
import type { Taken } from "../env/env-import.ts";
import { UsageError } from "../terminal/exit-code.ts";

/** The tag of every imported item, and how those begin that say from where, and which variable it holds. */
const TAG = "env";
const SOURCE_TAG = "env from ";
const VARIABLE_TAG = "env variable ";

const { tag: TAG_LENGTH_MAX } = itemLimits;
export const { title: TITLE_LENGTH_MAX } = itemLimits;

/** Items tried for a free title. */
const TITLES_TRIED_MAX = 1000;

/** Where an import comes from: the tag that says so, and a word for the titles that are taken already. */
export type Origin = { readonly tag: string; readonly word: string };

/**
 * By default the machine and the file's full path: the same file finds its own items again, and two projects never share any.
 * `--source` gives another name: for a project that moved, or that is imported on several machines.
 */
export function originOf(path: string, source: string | undefined): Origin {
  const given = source ?? fileSource(path);
  const word = source ?? (basename(dirname(realpathSync(path))) || "root");
  return { tag: tagOf(SOURCE_TAG, given), word };
}

/** What is too long for a tag stands in it as its hash. */
function tagOf(begins: string, rest: string): string {
  const tag = begins + rest;
  return tag.length <= TAG_LENGTH_MAX ? tag : begins + createHash("sha256").update(rest).digest("hex");
}

/** The tags of the item that an import makes of a variable. Its title says nothing: it may belong to another variable. */
export function tagsOf(origin: Origin, name: string): string[] {
  return [TAG, origin.tag, tagOf(VARIABLE_TAG, name)];
}

function fileSource(path: string): string {
  if (!statSync(path).isFile())
    throw new UsageError(
      `${path} is no regular file, so nothing says which project it belongs to`,
      "name the project with --source NAME, and the file to write with --out-file FILE",
    );
  return `${hostname()}:${realpathSync(path)}`;
}

type Overview = { readonly id: string; readonly title: string; readonly tags: readonly string[] };

export type Planned = Taken & {
  readonly title: string;
  /** The item that an import of this file made before. */
  readonly id: string | undefined;
  /** Whether another item had the title that was meant. */
  readonly renamed: boolean;
};

/** As the agent compares titles. */
const same = (title: string) => title.normalize("NFC").toLowerCase();

/** What becomes of each variable in a vault with these items. Throws UsageError where two items could be a variable's. */
export function plan(wanted: Iterable<Taken>, items: readonly Overview[], origin: Origin, prefix: string): Planned[] {
  const own = items.filter(({ tags }) => tags.includes(origin.tag));
  const byTag = new Map<string, Overview[]>();
  for (const item of own) for (const tag of new Set(item.tags)) byTag.set(tag, [...(byTag.get(tag) ?? []), item]);
  // Those of this file too: a second item of that title would leave the reference of the first without one meaning.
  const taken = new Set(items.map(({ title }) => same(title)));
  return [...wanted].map((one) => {
    const { name, number } = one.line;
    const [before, second] = byTag.get(tagOf(VARIABLE_TAG, name)) ?? [];
    if (before !== undefined && second !== undefined)
      throw new UsageError(
        `nothing was imported; line ${number}: ${name}: two items are tagged as this variable: ${before.id}, ${second.id}`,
        "delete one of them, or take its tags away",
      );
    // It keeps the title that it has: another prefix makes no other variable of it.
    if (before !== undefined) return { ...one, title: before.title, id: before.id, renamed: false };
    const title = `${prefix}${name}`;
    const free = freeTitle(title, origin.word, taken);
    return { ...one, title: free, id: undefined, renamed: free !== title };
  });
}

function freeTitle(title: string, word: string, taken: ReadonlySet<string>): string {
  for (let tries = 0; tries < TITLES_TRIED_MAX; tries++) {
    const tried = tries === 0 ? title : [title, word, ...(tries === 1 ? [] : [tries])].join(" ");
    if (tried.length > TITLE_LENGTH_MAX) break;
    if (!taken.has(same(tried))) return tried;
  }
  throw new UsageError("a title for a variable is taken, and so is every other that was tried", "use --prefix PREFIX");
}

/** Characters that a part of a reference takes. */
const LEGAL = /^[A-Za-z0-9 \-_.]+$/;
const LIKE_ID = /^[a-z2-7]{26}$/i;

/** Whether a title means one thing in a reference: legal, no other thing's title, and nothing that could be an id. */
export function isNameable(title: string, titles: readonly string[]): boolean {
  return LEGAL.test(title) && !LIKE_ID.test(title) && titles.filter((one) => same(one) === same(title)).length <= 1;
}
