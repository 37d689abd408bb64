// Files with secrets: 0600, made under a name of their own and renamed into place when they are whole, removed when
// something goes wrong on the way. A link is followed, so that it stays one. A pipe, a device and a descriptor of our own
// (/dev/stdout) are written as they are: a file in their place would leave whoever reads them waiting.
import { randomBytes } from "node:crypto";
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  lstatSync,
  openSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeSync,
} from "node:fs";
import { dirname, resolve } from "node:path";
import { descriptorOf, tried, whileBlocked } from "./descriptor.ts";
import { UsageError } from "./exit-code.ts";
import { nameNew, taken } from "./new-file.ts";

/** A file being written. */
export type OutFile = {
  write(bytes: Uint8Array): void;
  done(): void;
  abandon(): void;
  /** Whether it is what the command writes its result to. */
  readonly isStdout: boolean;
};

/** Does what makes or fills a name in a folder; that it cannot be is told by the name that was given. */
function naming<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(
      `${path} could not be written (${(error as NodeJS.ErrnoException).code})`,
      "name a file in a folder that exists, that you may write to, and that has room",
    );
  }
}

/** As many links in a row as the kernel follows (MAXSYMLINKS). */
const LINKS_MAX = 40;

/** Where the bytes go: a file of this name, something that is there to be written, or an open descriptor. */
type Place = { file: string } | { other: string } | { descriptor: number };

/**
 * Where a file of this name is, or will be: links are followed, one that leads to nothing yet too. Not another user's: laid
 * in a shared folder it would have us replace a file of our own (as fs.protected_symlinks says it for the kernel), and a pipe
 * of his would have us tell him.
 */
function placeOf(given: string, path = given, followed = 0): Place {
  if (path === "") throw new UsageError("the name of the file to write is empty", "name a file");
  const descriptor = descriptorOf(path);
  if (descriptor !== undefined) return { descriptor };
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined || found.isFile()) return { file: path };
  if (found.isFIFO() || found.isCharacterDevice()) {
    if (found.isFIFO() && !isTrusted(found)) throw refused(given, "a pipe of another user");
    return { other: path };
  }
  if (!found.isSymbolicLink() || followed === LINKS_MAX) throw refused(given, "no regular file");
  if (!isTrusted(found)) throw refused(given, "a link of another user");
  return placeOf(given, resolve(realpathSync(dirname(path)), readlinkSync(path)), followed + 1);
}

const isTrusted = ({ uid }: Stats) => uid === process.geteuid?.() || uid === 0;

function refused(given: string, what: string): UsageError {
  return new UsageError(
    `${given} is ${what}`,
    "name a file, or leave the option out and redirect the output where the command has one",
  );
}

/** The file that is there under a name, links followed; what cannot be looked at is told when it is opened. */
export function fileAt(path: string): Stats | undefined {
  try {
    const found = statSync(path);
    return found.isFile() ? found : undefined;
  } catch {
    return undefined;
  }
}

/** Throws UsageError where a file has this name and must not be replaced: asked before a person or the agent is. */
export function demandRoomFor(path: string, replace: boolean): void {
  const place = naming(path, () => placeOf(path));
  if ("file" in place && !replace && lstatSync(place.file, { throwIfNoEntry: false }) !== undefined) throw taken(path);
}

/**
 * Begins a file at `path`; nothing is there until `done`. Throws UsageError where none can be made, and where there is one
 * already that must not be replaced; `done` looks once more, in the step that gives the name.
 */
export function openOutFile(path: string, replace: boolean): OutFile {
  demandRoomFor(path, replace);
  const place = naming(path, () => placeOf(path));
  return "file" in place ? replacement(path, place.file, replace) : straight(path, place);
}

/** Signals that end a process, and that can be heard. */
const ENDING = ["SIGTERM", "SIGHUP", "SIGQUIT"] as const;

function replacement(path: string, place: string, replace: boolean): OutFile {
  const temporary = `${place}.${randomBytes(6).toString("hex")}.part`;
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const descriptor = naming(path, () => openSync(temporary, flags, 0o600));
  const unwatch = () => {
    process.off("exit", abandon);
    for (const signal of ENDING) process.off(signal, endOf);
  };
  const abandon = () => {
    unwatch();
    rmSync(temporary, { force: true });
  };
  // Half a secret must not be left behind. Once nobody listens, the signal does to us what it does by itself.
  const endOf = (signal: NodeJS.Signals) => {
    abandon();
    process.kill(process.pid, signal);
  };
  // Ctrl-C ends the process through an orderly exit.
  process.on("exit", abandon);
  for (const signal of ENDING) process.on(signal, endOf);
  return {
    write: (bytes) => naming(path, () => writeAll(descriptor, bytes)),
    done: () => {
      naming(path, () => fsyncSync(descriptor));
      closeSync(descriptor);
      naming(path, () => (replace ? renameSync(temporary, place) : nameNew(temporary, place, path)));
      unwatch();
    },
    abandon,
    isStdout: false,
  };
}

const STDOUT = 1;

/** What is there already takes the bytes as they come. Nothing is opened before the first of them. */
function straight(path: string, place: { other: string } | { descriptor: number }): OutFile {
  let opened: number | undefined;
  const descriptor = () => {
    if ("descriptor" in place) return place.descriptor;
    opened ??= openSync(place.other, constants.O_WRONLY | constants.O_NOCTTY);
    return opened;
  };
  const close = () => {
    if (opened !== undefined) closeSync(opened);
    opened = undefined;
  };
  if ("descriptor" in place) naming(path, () => fstatSync(place.descriptor));
  return {
    // Opening a pipe waits for its reader, and writing for room in it.
    write: (bytes) => naming(path, () => whileBlocked(() => writeAll(descriptor(), bytes))),
    done: close,
    abandon: close,
    isStdout: "descriptor" in place && place.descriptor === STDOUT,
  };
}

function writeAll(descriptor: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += tried(() => writeSync(descriptor, bytes, at));
}
