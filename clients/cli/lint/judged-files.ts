// Judges the files of a command line by their text: files that were named, and those of folders. The paths of findings are as a person would type
// them here.
import { statSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { fileText } from "../../editors/server/file-text.ts";
import { folderFiles } from "../../editors/server/folder-files.ts";
import { type JudgedText, judgeText } from "../../editors/server/judge-text.ts";
import { unreadable } from "../files/unreadable.ts";

export type JudgedFile = { readonly path: string; readonly judged: JudgedText };
export type SkippedFile = { readonly path: string; readonly why: string };

export type JudgedFiles = {
  readonly judged: readonly JudgedFile[];
  /** Files that were not read, or not whole. */
  readonly skipped: readonly SkippedFile[];
  /** Files that are no text, such as pictures. Nobody needs their names. */
  readonly binary: number;
};

type Given = { readonly path: string; readonly isFolder: boolean };

/** Throws UsageError for a path that is not there, before any file is read. */
function givenPaths(paths: readonly string[]): Given[] {
  return paths.map((path) => {
    try {
      return { path, isFolder: statSync(path).isDirectory() };
    } catch (error) {
      throw unreadable(path, error);
    }
  });
}

/** Without a path, the folder in which the command runs. */
export function judgedFiles(paths: readonly string[]): JudgedFiles {
  const judged: JudgedFile[] = [];
  const skipped: SkippedFile[] = [];
  const seen = new Set<string>();
  let binary = 0;
  const judge = (path: string, isNamed: boolean) => {
    if (seen.has(resolve(path))) return;
    seen.add(resolve(path));
    const read = fileText(path, isNamed);
    if (!("skipped" in read)) {
      const text = judgeText(read.text, path);
      judged.push({ path, judged: text });
      for (const why of text.unread) skipped.push({ path, why });
    } else if (read.skipped === "binary" && !isNamed) binary++;
    else skipped.push({ path, why: read.skipped === "binary" ? "it is no text" : read.skipped });
  };
  for (const { path, isFolder } of givenPaths(paths.length === 0 ? ["."] : paths)) {
    if (!isFolder) judge(path, true);
    else
      for (const found of folderFiles(path)) {
        const shown = join(path, relative(resolve(path), found.path));
        if (found.skipped === undefined) judge(shown, false);
        else skipped.push({ path: shown, why: found.skipped });
      }
  }
  return { judged, skipped, binary };
}
