// Files with secrets: 0600, made under a name of their own and renamed into place when they are whole, removed when
// something goes wrong on the way.
import { randomBytes } from "node:crypto";
import { closeSync, constants, fsyncSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { UsageError } from "./exit-code.ts";

/** A file being written. */
export type OutFile = { write(bytes: Uint8Array): void; done(): void; abandon(): void };

/** Does what makes a name in a folder; that it cannot be is a mistake in the command, told without our own name for it. */
function naming<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new UsageError(
      `the file could not be written (${(error as NodeJS.ErrnoException).code})`,
      "name a file in a folder that exists and that you may write to",
    );
  }
}

/** Begins a file at `path`; nothing is there until `done`. Throws UsageError where none can be made. */
export function openOutFile(path: string): OutFile {
  const temporary = `${path}.${randomBytes(6).toString("hex")}.part`;
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const descriptor = naming(() => openSync(temporary, flags, 0o600));
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
      naming(() => renameSync(temporary, path));
      process.off("exit", abandon);
    },
    abandon,
  };
}
