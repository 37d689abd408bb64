// The files of a folder that are judged: all but those that git ignores. Links are not followed, so that nothing outside of the folder is read.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import ignore, { type Ignore } from "ignore";

/** Bytes of a `.gitignore` that are read. A longer one is no list that a person wrote. */
const IGNORE_BYTES_MAX = 1024 * 1024;

/** The rules of one `.gitignore`, and the folder that they are about. */
type Rules = { readonly folder: string; readonly rules: Ignore };

/** A file, or a folder that could not be read. */
export type FolderFile = { readonly path: string } | { readonly unreadable: string };

/** Every file below a folder, in the order of names. */
export function* folderFiles(folder: string): Generator<FolderFile> {
  yield* filesIn(resolve(folder), rulesAbove(resolve(folder)));
}

/** The rules of the folders above, up to the top of the repository. Outside of one there are none. */
function rulesAbove(folder: string): Rules[] {
  const above: string[] = [];
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, ".git"))) return above.reverse().flatMap(rulesOf);
    const parent = dirname(at);
    if (parent === at) return [];
    above.push(parent);
  }
}

function rulesOf(folder: string): Rules[] {
  try {
    const text = readFileSync(join(folder, ".gitignore"), "utf8");
    // `allowRelativePaths` would take paths above the folder. All paths here are below.
    return [{ folder, rules: ignore({ ignorecase: false }).add(text.slice(0, IGNORE_BYTES_MAX)) }];
  } catch {
    return [];
  }
}

function* filesIn(folder: string, above: readonly Rules[]): Generator<FolderFile> {
  const rules = [...above, ...rulesOf(folder)];
  let entries: ReturnType<typeof entriesOf>;
  try {
    entries = entriesOf(folder);
  } catch {
    yield { unreadable: folder };
    return;
  }
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.name === ".git" || isIgnored(path, entry.isDirectory(), rules)) continue;
    if (entry.isDirectory()) yield* filesIn(path, rules);
    else if (entry.isFile()) yield { path };
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
