// Finds the place for a new file. It follows the path step by step, and accepts a link only where its owner is this user or root. Another
// user's link in a shared folder could make the command replace a file of this user, or send the secret to that user. The kernel's
// fs.protected_symlinks has the same rule.
import { closeSync, constants, lstatSync, openSync, readlinkSync, type Stats } from "node:fs";
import { isAbsolute, join } from "node:path";
import { UsageError } from "../terminal/exit-code.ts";
import { descriptorOf } from "./descriptor.ts";

/** Links in a row: as many as the kernel follows (MAXSYMLINKS). */
const LINKS_MAX = 40;

/** O_PATH: opens a folder only to name things in it. Node has no name for it. The number is the same on x86-64 and arm64. */
const O_PATH = 0o10000000;

/** The destination of the bytes: a file in a folder, an existing pipe or device, or an open descriptor. */
export type Place = { file: { folder: string; name: string } } | { other: string } | { descriptor: number };

/** Runs a step that makes or fills a file. Its errors name the path that the person gave. */
export function naming<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw cannotBeWritten(path, (error as NodeJS.ErrnoException).code ?? "unknown");
  }
}

function cannotBeWritten(path: string, code: string): UsageError {
  return new UsageError(`${path} could not be written (${code})`, nextSteps[code] ?? ANOTHER_FOLDER);
}

const ANOTHER_FOLDER = "name a file in a folder that exists, that you may write to, and that has room";

const nextSteps: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full: make room, or name a file on another one",
  EDQUOT: "your share of the disk is used up: make room, or name a file on another one",
  EROFS: "the file system is read-only: name a file on another one",
  EIO: "the disk reports an error: look at it, and name a file on another one",
  EFBIG: "a limit on the size of files was reached (ulimit -f): raise it, or name a file on another disk",
  EMFILE: "too many files are open in this process (ulimit -n): raise the limit",
  ENFILE: "too many files are open on this machine: close some, and run it again",
};

/** Matches a path whose end can only be a folder. */
const FOLDER_NAME = /(^|\/)\.{0,2}$/;

/**
 * The place of a file of this name. Links are followed, also one that leads to nothing yet. Throws UsageError for another user's link, for
 * a missing folder, and for anything that is no file.
 */
export function placeOf(given: string): Place {
  if (given === "") throw new UsageError("the name of the file to write is empty", "name a file");
  if (FOLDER_NAME.test(given)) throw refused(given, "no regular file");
  // The path is not normalized first. The kernel follows the link in `link/..`, and a shortened path would name another folder.
  let rest = [...(isAbsolute(given) ? [] : process.cwd().split("/")), ...given.split("/")].filter(isStep);
  let folder = "/";
  for (let links = 0; ; ) {
    const name = rest.shift();
    if (name === undefined) throw refused(given, "no regular file");
    const path = join(folder, name);
    const isLast = rest.length === 0;
    const descriptor = isLast ? descriptorOf(path) : undefined;
    if (descriptor !== undefined) return { descriptor };
    // No earlier step is a link, so `..` is the folder above by name too.
    const found = name === ".." ? undefined : lstatSync(path, { throwIfNoEntry: false });
    if (found?.isSymbolicLink()) {
      if (++links > LINKS_MAX) throw refused(given, "no regular file");
      if (!isTrusted(found)) throw refused(given, isLast ? "a link of another user" : "behind a link of another user");
      const target = readlinkSync(path);
      if (isAbsolute(target)) folder = "/";
      rest = [...target.split("/").filter(isStep), ...rest];
    } else if (isLast && name !== "..") return lastOf(given, folder, name, found);
    else folder = name === ".." ? path : realFolder(given, path, found);
  }
}

const isStep = (step: string) => step !== "" && step !== ".";

function realFolder(given: string, path: string, found: Stats | undefined): string {
  if (found === undefined) throw cannotBeWritten(given, "ENOENT");
  if (!found.isDirectory()) throw cannotBeWritten(given, "ENOTDIR");
  return path;
}

function lastOf(given: string, folder: string, name: string, found: Stats | undefined): Place {
  if (found === undefined || found.isFile()) return { file: { folder, name } };
  demandWritable(given, found);
  return { other: join(folder, name) };
}

/** Throws UsageError for anything but an own pipe or a character device. */
export function demandWritable(given: string, found: Stats): void {
  if (!found.isFIFO() && !found.isCharacterDevice()) throw refused(given, "no regular file");
  if (found.isFIFO() && !isTrusted(found)) throw refused(given, "a pipe of another user");
}

const isTrusted = ({ uid }: Stats) => uid === process.geteuid?.() || uid === 0;

function refused(given: string, what: string): UsageError {
  return new UsageError(
    `${given} is ${what}`,
    "name a file, or leave the option out and redirect the output where the command has one",
  );
}

/** A checked folder, held open so that all steps happen in it and nowhere else. */
export type HeldFolder = {
  /** A path to the folder until `close`, even if the folder is renamed. */
  readonly path: string;
  readonly descriptor: number | undefined;
  close(): void;
};

/** Holds the folder of a place open. Throws UsageError where a link has appeared on the way since the check. */
export function holdFolder(given: string, folder: string): HeldFolder {
  if (process.platform !== "linux") return { path: folder, descriptor: undefined, close: () => undefined };
  const descriptor = openSync(folder, O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  const path = `/proc/self/fd/${descriptor}`;
  if (readlinkSync(path) !== folder) {
    closeSync(descriptor);
    throw refused(given, "in a folder that was moved meanwhile");
  }
  return { path, descriptor, close: () => closeSync(descriptor) };
}
