// The items that an import of an env file makes: which of a vault's are its own, what a new one is called, and how a
// reference names it. An item that the same file did not make is never touched.
import { createHash } from "node:crypto";
import { realpathSync, statSync } from "node:fs";
import { hostname } from "node:os";
import { basename, dirname } from "node:path";
import type { Taken } from "./env-import.ts";
import { UsageError } from "./exit-code.ts";

/** The tag of every imported item, and the beginning of the one that says from where. */
const TAG = "env";
const SOURCE_TAG = "env from ";

/** Characters of a tag and of a title, as the agent's limits say. */
const TAG_LENGTH_MAX = 256;
export const TITLE_LENGTH_MAX = 256;

/** Items tried for a free title. */
const TITLES_TRIED_MAX = 1000;

/** Where an import comes from: what its items are tagged with, and a word for the titles that are taken already. */
export type Origin = { readonly tags: readonly [string, string]; readonly word: string };

/**
 * By default the machine and the file's full path: the same file finds its own items again, and two projects never share any.
 * `--source` gives another name: for a project that moved, or that is imported on several machines.
 */
export function originOf(path: string, source: string | undefined): Origin {
  const given = source ?? fileSource(path);
  const word = source ?? (basename(dirname(realpathSync(path))) || "root");
  const tag = `${SOURCE_TAG}${given}`;
  const short = tag.length <= TAG_LENGTH_MAX ? tag : SOURCE_TAG + createHash("sha256").update(given).digest("hex");
  return { tags: [TAG, short], word };
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

/** What becomes of each variable in a vault with these items. */
export function plan(wanted: Iterable<Taken>, items: readonly Overview[], origin: Origin, prefix: string): Planned[] {
  const own = items.filter(({ tags }) => tags.includes(origin.tags[1]));
  const foreign = new Set(items.filter((item) => !own.includes(item)).map(({ title }) => same(title)));
  const exact = new Map(own.map((item) => [item.title, item]));
  return [...wanted].map((one) => {
    const title = `${prefix}${one.line.name}`;
    // A name has no blank, so that what follows one is ours.
    const before = exact.get(title) ?? own.find((item) => item.title.startsWith(`${title} `));
    if (before !== undefined) return { ...one, title: before.title, id: before.id, renamed: false };
    const free = freeTitle(title, origin.word, foreign);
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
