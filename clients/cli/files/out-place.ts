// Where a file that is to be written goes. The way to it is looked at step by step: a link on it counts only where its owner
// is this user or root. Laid in a shared folder by somebody else it would have us replace a file of our own (as
// fs.protected_symlinks says it for the kernel), or tell its owner a secret.
import { closeSync, constants, lstatSync, openSync, readlinkSync, type Stats } from "node:fs";
import { isAbsolute, join } from "node:path";
import { UsageError } from "../terminal/exit-code.ts";
import { descriptorOf } from "./descriptor.ts";

/** As many links in a row as the kernel follows (MAXSYMLINKS). */
const LINKS_MAX = 40;

/** Opens a folder only to name things in it. Equal on x86-64 and arm64; Node has no name for it. */
const O_PATH = 0o10000000;

/** Where the bytes go: a file in a folder, something that is there to be written, or an open descriptor. */
export type Place = { file: { folder: string; name: string } } | { other: string } | { descriptor: number };

/** Does what makes or fills a name in a folder; that it cannot be is told by the name that was given. */
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

/** Ends in a name that can only be a folder's. */
const FOLDER_NAME = /(^|\/)\.{0,2}$/;

/**
 * Where a file of this name is, or will be: links are followed, one that leads to nothing yet too. Throws UsageError for a
 * link of another user, for a folder that is not there, and for what is no file.
 */
export function placeOf(given: string): Place {
  if (given === "") throw new UsageError("the name of the file to write is empty", "name a file");
  if (FOLDER_NAME.test(given)) throw refused(given, "no regular file");
  // Not made shorter first: the kernel follows the link in `link/..`, and a text without it would name another folder.
  let rest = [...(isAbsolute(given) ? [] : process.cwd().split("/")), ...given.split("/")].filter(isStep);
  let folder = "/";
  for (let links = 0; ; ) {
    const name = rest.shift();
    if (name === undefined) throw refused(given, "no regular file");
    const path = join(folder, name);
    const isLast = rest.length === 0;
    const descriptor = isLast ? descriptorOf(path) : undefined;
    if (descriptor !== undefined) return { descriptor };
    // Every step before was real, so that `..` is the folder above it by name too.
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

/** Throws UsageError for what is neither a pipe of ours nor a character device. */
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

/** A folder that was looked at, held so that what is done in it is done there and nowhere else. */
export type HeldFolder = {
  /** Names the folder until `close`, whatever becomes of its name. */
  readonly path: string;
  readonly descriptor: number | undefined;
  close(): void;
};

/** Holds the folder of a place. Throws UsageError where a link was laid on the way since it was looked at. */
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
