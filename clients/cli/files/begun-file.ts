// A new file that gets its name when it is whole. Where the file system can, it has no name until then (O_TMPFILE), so nothing is left of
// it however the command ends. On other file systems it has a temporary name that the next command recognizes.
import { closeSync, constants, fstatSync, openSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { CallFailed, linkOpenFile, lockFile } from "../run/libc.ts";
import { newPartName } from "./leftovers.ts";
import { nameNew } from "./new-file.ts";
import type { HeldFolder } from "./out-place.ts";

export type BegunFile = {
  readonly descriptor: number;
  /** Gives the file its name. It replaces a file of that name, or throws EEXIST where one exists. */
  place(name: string, replace: boolean): void;
  /** Removes the file and closes the descriptor. */
  drop(): void;
};

/** Node has no name for it. The number is the same on x86-64 and arm64, without the bit for folders. */
const O_TMPFILE = 0o20000000 | constants.O_DIRECTORY;

/** Errors of file systems and kernels without unnamed files. */
const NO_UNNAMED = ["EOPNOTSUPP", "ENOTSUP", "EISDIR", "ENOENT", "EINVAL"];

/** For the owner alone. */
const MODE = 0o600;

/** Begins a file in the folder. Throws an error of the system. */
export function beginFile(folder: HeldFolder): BegunFile {
  return beginUnnamed(folder) ?? beginNamed(folder);
}

function beginUnnamed(folder: HeldFolder): BegunFile | undefined {
  if (folder.descriptor === undefined) return undefined;
  const { descriptor: within } = folder;
  let descriptor: number;
  try {
    descriptor = openSync(folder.path, O_TMPFILE | constants.O_WRONLY, MODE);
  } catch (error) {
    if (NO_UNNAMED.includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw error;
  }
  return {
    descriptor,
    place: (name, replace) => {
      try {
        linkOpenFile(descriptor, within, name);
      } catch (error) {
        if (!replace || !(error instanceof CallFailed) || error.code !== "EEXIST") throw error;
        replaceBy(folder, descriptor, within, name);
      }
    },
    drop: () => closeSync(descriptor),
  };
}

/** Linux cannot replace a file by an unnamed one. So the new file has a temporary name for a moment. */
function replaceBy(folder: HeldFolder, descriptor: number, within: number, name: string): void {
  const part = newPartName();
  lockFile(descriptor);
  linkOpenFile(descriptor, within, part);
  putInPlace(folder, part, name);
}

function putInPlace(folder: HeldFolder, part: string, name: string): void {
  try {
    renameSync(join(folder.path, part), join(folder.path, name));
  } catch (error) {
    rmSync(join(folder.path, part), { force: true });
    throw error;
  }
}

/** Signals that end a process and that it can handle. Ctrl-C is not among them, since it ends the command in order. */
const ENDING = [
  "SIGTERM",
  "SIGHUP",
  "SIGQUIT",
  "SIGALRM",
  "SIGUSR2",
  "SIGVTALRM",
  "SIGPROF",
  "SIGSTKFLT",
  "SIGXCPU",
  "SIGIO",
  "SIGPWR",
] as const satisfies readonly NodeJS.Signals[];

/** For file systems without unnamed files. A signal that can be handled removes the file. After any other end the next command does. */
export function beginNamed(folder: HeldFolder): BegunFile {
  const { descriptor, part } = openPart(folder);
  const unwatch = () => {
    process.off("exit", remove);
    for (const signal of ENDING) process.off(signal, endOf);
  };
  const remove = () => {
    unwatch();
    rmSync(join(folder.path, part), { force: true });
  };
  // Half a secret must not be left behind. Without this listener the signal then has its usual effect.
  const endOf = (signal: NodeJS.Signals) => {
    remove();
    process.kill(process.pid, signal);
  };
  process.on("exit", remove);
  for (const signal of ENDING) process.on(signal, endOf);
  return {
    descriptor,
    place: (name, replace) => {
      if (replace) putInPlace(folder, part, name);
      else nameNew(join(folder.path, part), join(folder.path, name));
      unwatch();
    },
    drop: () => {
      remove();
      closeSync(descriptor);
    },
  };
}

/** Tries for a new file. Another command may remove it as a leftover in the microseconds before it is locked. */
const TRIES_MAX = 10;

function openPart(folder: HeldFolder): { descriptor: number; part: string } {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  for (let tries = 1; ; tries++) {
    const part = newPartName();
    const descriptor = openSync(join(folder.path, part), flags, MODE);
    // Between the two calls another command may have removed it as a leftover.
    if (lockFile(descriptor) !== "held" && fstatSync(descriptor).nlink === 1) return { descriptor, part };
    rmSync(join(folder.path, part), { force: true });
    closeSync(descriptor);
    if (tries === TRIES_MAX) throw Object.assign(new Error("a begun file was taken away"), { code: "EBUSY" });
  }
}
