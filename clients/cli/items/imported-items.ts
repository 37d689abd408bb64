// The items of an env file's import: it finds its own items in a vault, and chooses titles and references for new ones. It never touches
// an item that the same file did not make.

import { createHash } from "node:crypto";
import { realpathSync, statSync } from "node:fs";
import { hostname } from "node:os";
import { basename, dirname } from "node:path";
import { itemLimits } from "../../typescript/generated-limits.ts";
import type { Taken } from "../env/env-import.ts";
import { UsageError } from "../terminal/exit-code.ts";

/** The tag of every imported item, and the beginnings of the tags for its source and its variable. */
const TAG = "env";
const SOURCE_TAG = "env from ";
const VARIABLE_TAG = "env variable ";

const { tag: TAG_LENGTH_MAX } = itemLimits;
export const { title: TITLE_LENGTH_MAX } = itemLimits;

/** Items tried for a free title. */
const TITLES_TRIED_MAX = 1000;

/** The source of an import: its tag, and a word that makes a taken title different. */
export type Origin = { readonly tag: string; readonly word: string };

/**
 * The default source is the machine and the file's full path. So a file finds its own items again, and two projects never share items.
 * `--source` gives another name, for a project that moved or that is imported on several machines.
 */
export function originOf(path: string, source: string | undefined): Origin {
  const given = source ?? fileSource(path);
  const word = source ?? (basename(dirname(realpathSync(path))) || "root");
  return { tag: tagOf(SOURCE_TAG, given), word };
}

/** Replaces a text that is too long for a tag by its hash. */
function tagOf(begins: string, rest: string): string {
  const tag = begins + rest;
  return tag.length <= TAG_LENGTH_MAX ? tag : begins + createHash("sha256").update(rest).digest("hex");
}

/** The tags of a variable's item. The title cannot identify it, since another variable's item may have that title. */
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
  /** Whether another item had the intended title already. */
  readonly renamed: boolean;
};

/** The normal form by which the agent compares titles. */
const same = (title: string) => title.normalize("NFC").toLowerCase();

/** Plans the item of each variable, in a vault with these items. Throws UsageError where two items could belong to one variable. */
export function plan(wanted: Iterable<Taken>, items: readonly Overview[], origin: Origin, prefix: string): Planned[] {
  const own = items.filter(({ tags }) => tags.includes(origin.tag));
  const byTag = new Map<string, Overview[]>();
  for (const item of own) for (const tag of new Set(item.tags)) byTag.set(tag, [...(byTag.get(tag) ?? []), item]);
  // This file's own items count too: a second item of a title would make the first one's reference ambiguous.
  const taken = new Set(items.map(({ title }) => same(title)));
  return [...wanted].map((one) => {
    const { name, number } = one.line;
    const [before, second] = byTag.get(tagOf(VARIABLE_TAG, name)) ?? [];
    if (before !== undefined && second !== undefined)
      throw new UsageError(
        `nothing was imported; line ${number}: ${name}: two items are tagged as this variable: ${before.id}, ${second.id}`,
        "delete one of them, or take its tags away",
      );
    // It keeps its title: with another prefix it is still the same variable.
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

/** The characters that a part of a reference may have. */
const LEGAL = /^[A-Za-z0-9 \-_.]+$/;
const LIKE_ID = /^[a-z2-7]{26}$/i;

/** Whether a title has one meaning in a reference: it is legal, no other item has it, and it cannot be an id. */
export function isNameable(title: string, titles: readonly string[]): boolean {
  return LEGAL.test(title) && !LIKE_ID.test(title) && titles.filter((one) => same(one) === same(title)).length <= 1;
}
