// A file that is begun, filled, and put in its place when it is whole. Where the file system can, it has no name until then
// (O_TMPFILE), so that nothing is left of it whatever ends the command. Elsewhere it has one that the next command knows.
import { closeSync, constants, fstatSync, openSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { CallFailed, linkOpenFile, lockFile } from "../run/libc.ts";
import { newPartName } from "./leftovers.ts";
import { nameNew } from "./new-file.ts";
import type { HeldFolder } from "./out-place.ts";

export type BegunFile = {
  readonly descriptor: number;
  /** Gives the file its name: in place of what had it, or only where nothing has it (EEXIST). */
  place(name: string, replace: boolean): void;
  /** Takes away what there is of it. The descriptor is closed too. */
  drop(): void;
};

/** Has no name in Node; equal on x86-64 and arm64 without the bit for folders. */
const O_TMPFILE = 0o20000000 | constants.O_DIRECTORY;

/** What file systems and kernels answer that have no unnamed files. */
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

/** The system cannot put an unnamed file in place of another one, so that it has a name of its own for a moment. */
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

/** Signals that end a process and that can be heard. Ctrl-C is not among them: it ends the command through an orderly exit. */
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

/** For where no file can be without a name: what can be heard takes it away, and what cannot is for the next command. */
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
  // Half a secret must not be left behind. Once nobody listens, the signal does to us what it does by itself.
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

/** How often another command may take a new file for a leftover before it is locked: each time is a race lost by microseconds. */
const TRIES_MAX = 10;

function openPart(folder: HeldFolder): { descriptor: number; part: string } {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  for (let tries = 1; ; tries++) {
    const part = newPartName();
    const descriptor = openSync(join(folder.path, part), flags, MODE);
    // Between the two calls another command may have taken it for one whose maker is dead.
    if (lockFile(descriptor) !== "held" && fstatSync(descriptor).nlink === 1) return { descriptor, part };
    rmSync(join(folder.path, part), { force: true });
    closeSync(descriptor);
    if (tries === TRIES_MAX) throw Object.assign(new Error("a begun file was taken away"), { code: "EBUSY" });
  }
}
