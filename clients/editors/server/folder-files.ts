// The files of a folder that are judged: all but those that git ignores. Links are not followed, so that nothing outside of the folder is read.
import { existsSync, readdirSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import ignore, { type Ignore } from "ignore";
import { fileText } from "./file-text.ts";

/** Folders inside each other. A project has some twenty, and the time of a rule with `**` grows with them. */
export const DEPTH_MAX = 100;

/** Lines of one `.gitignore`. Each is compared with each file. */
export const RULES_MAX = 5_000;

/**
 * Wildcards of one line, and of one part between slashes. A rule becomes a pattern that tries them in every way, so a hostile one with twenty would
 * not end. People write up to three.
 */
const WILDCARDS_MAX = 4;
const PART_WILDCARDS_MAX = 3;

/** The rules of one `.gitignore`, and the folder that they are about. */
type Rules = { readonly folder: string; readonly rules: Ignore };

/** A file to be read, or one that was skipped, and why. */
export type FolderFile = { readonly path: string; readonly skipped?: string };

/** Every file below a folder, in the order of names. */
export function* folderFiles(folder: string): Generator<FolderFile> {
  const above: Rules[] = [];
  for (const one of foldersAbove(resolve(folder))) yield* rulesOf(one, above);
  yield* filesIn(resolve(folder), above, 0);
}

/** The folders above, from the top of the repository down. Outside of one there are none. */
function foldersAbove(folder: string): string[] {
  const above: string[] = [];
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, ".git"))) return above.reverse();
    const parent = dirname(at);
    if (parent === at) return [];
    above.push(parent);
  }
}

/** Adds the rules of a folder's `.gitignore`. What is not used of it is yielded: then more is judged, and not less. */
function* rulesOf(folder: string, all: Rules[]): Generator<FolderFile> {
  const path = join(folder, ".gitignore");
  if (!existsSync(path)) return;
  // As git does, a link is not followed: it could lead to a file that never ends.
  const read = fileText(path, false);
  if ("skipped" in read) return yield { path, skipped: `its rules are not used: ${read.skipped}` };
  const lines = read.text.split(/\r?\n/);
  const used = lines.slice(0, RULES_MAX).filter(isBounded);
  if (used.length < lines.length)
    yield {
      path,
      skipped: `${lines.length - used.length} of its lines are not used: too many lines, or too many * in one`,
    };
  all.push({ folder, rules: ignore({ ignorecase: false }).add(used) });
}

function isBounded(rule: string): boolean {
  const wildcards = (text: string) => text.match(/\*+/g)?.length ?? 0;
  return wildcards(rule) <= WILDCARDS_MAX && rule.split("/").every((part) => wildcards(part) <= PART_WILDCARDS_MAX);
}

function* filesIn(folder: string, above: readonly Rules[], depth: number): Generator<FolderFile> {
  const rules = [...above];
  yield* rulesOf(folder, rules);
  let entries: ReturnType<typeof entriesOf>;
  try {
    entries = entriesOf(folder);
  } catch {
    yield { path: folder, skipped: "the folder could not be read" };
    return;
  }
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.name === ".git" || isIgnored(path, entry.isDirectory(), rules)) continue;
    if (entry.isFile()) yield { path };
    else if (entry.isDirectory() && depth < DEPTH_MAX) yield* filesIn(path, rules, depth + 1);
    else if (entry.isDirectory()) yield { path, skipped: `it lies more than ${DEPTH_MAX} folders deep` };
  }
}

const entriesOf = (folder: string) =>
  readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));

/** The last rule that says something decides, and a deeper `.gitignore` comes after those above it. */
function isIgnored(path: string, isFolder: boolean, all: readonly Rules[]): boolean {
  let ignored = false;
  for (const { folder, rules } of all) {
    const name = relative(folder, path).split(sep).join("/");
    const told = rules.test(isFolder ? `${name}/` : name);
    if (told.ignored) ignored = true;
    else if (told.unignored) ignored = false;
  }
  return ignored;
}
