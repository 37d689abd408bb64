// Files with secrets: 0600, made under a name of their own and renamed into place when they are whole, removed when
// something goes wrong on the way. A link is followed, so that it stays one; what is no file is left as it is.
import { randomBytes } from "node:crypto";
import {
  closeSync,
  constants,
  fsyncSync,
  lstatSync,
  openSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { dirname, resolve } from "node:path";
import { UsageError } from "./exit-code.ts";

/** A file being written. */
export type OutFile = { write(bytes: Uint8Array): void; done(): void; abandon(): void };

/** Does what makes a name in a folder; that it cannot be is a mistake in the command, told by the name that was given. */
function naming<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(
      `${path} could not be written (${(error as NodeJS.ErrnoException).code})`,
      "name a file in a folder that exists and that you may write to",
    );
  }
}

/** As many links in a row as the kernel follows (MAXSYMLINKS). */
const LINKS_MAX = 40;

/**
 * Where a file of this name is, or will be: links are followed, one that leads to nothing yet too. Not another user's: laid
 * in a shared folder it would have us replace a file of our own (as fs.protected_symlinks says it for the kernel).
 */
function placeOf(given: string, path = given, followed = 0): string {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined || found.isFile()) return path;
  if (!found.isSymbolicLink() || followed === LINKS_MAX) throw refused(given, "no regular file");
  if (found.uid !== process.geteuid?.() && found.uid !== 0) throw refused(given, "a link of another user");
  return placeOf(given, resolve(realpathSync(dirname(path)), readlinkSync(path)), followed + 1);
}

/** A device or a pipe would be replaced by a file of its name, and whoever reads it wait for what never comes. */
function refused(given: string, what: string): UsageError {
  return new UsageError(
    `${given} is ${what}`,
    "name a file, or leave the option out and redirect the output where the command has one",
  );
}

/** Begins a file at `path`; nothing is there until `done`. Throws UsageError where none can be made. */
export function openOutFile(path: string): OutFile {
  const place = naming(path, () => placeOf(path));
  const temporary = `${place}.${randomBytes(6).toString("hex")}.part`;
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const descriptor = naming(path, () => openSync(temporary, flags, 0o600));
  const abandon = () => {
    process.off("exit", abandon);
    rmSync(temporary, { force: true });
  };
  // Ctrl-C ends the process through an orderly exit, and that must not leave half a secret behind.
  process.on("exit", abandon);
  return {
    write: (bytes) => {
      for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at);
    },
    done: () => {
      fsyncSync(descriptor);
      closeSync(descriptor);
      naming(path, () => renameSync(temporary, place));
      process.off("exit", abandon);
    },
    abandon,
  };
}
