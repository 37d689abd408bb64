// Files with secrets: 0600, made under a name of their own and renamed into place when they are whole, removed when
// something goes wrong on the way.
import { randomBytes } from "node:crypto";
import { closeSync, constants, fsyncSync, openSync, renameSync, rmSync, writeSync } from "node:fs";

/** A file being written. */
export type OutFile = { write(bytes: Uint8Array): void; done(): void; abandon(): void };

/** Begins a file at `path`; nothing is there until `done`. */
export function openOutFile(path: string): OutFile {
  const temporary = `${path}.${randomBytes(6).toString("hex")}.part`;
  const descriptor = openSync(
    temporary,
    constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
    0o600,
  );
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
      renameSync(temporary, path);
      process.off("exit", abandon);
    },
    abandon,
  };
}
