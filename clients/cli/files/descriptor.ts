// Descriptors that the command was started with, and reads and writes that wait. A shell's descriptor is used as it is. A signal can end
// a command that waits for the other end of a pipe.
import { realpathSync } from "node:fs";
import { basename, dirname } from "node:path";

/**
 * The own descriptor behind a name (/dev/stdout leads to /proc/self/fd/1). Opening the name again fails for a socket, and would overwrite
 * earlier output of the shell.
 */
export function descriptorOf(path: string): number | undefined {
  if (!/^\d+$/.test(basename(path))) return undefined;
  try {
    return realpathSync(dirname(path)) === `/proc/${process.pid}/fd` ? Number(basename(path)) : undefined;
  } catch {
    // The folder is missing. Opening the name will report that.
    return undefined;
  }
}

/** The names that every Unix has for the first three, and the folder of all. */
const NAMES: Readonly<Record<string, number>> = { "/dev/stdin": 0, "/dev/stdout": 1, "/dev/stderr": 2 };

/** The same for reading, where the links need not be checked one by one. */
export function openDescriptor(path: string): number | undefined {
  return NAMES[path] ?? descriptorOf(path);
}

/**
 * Runs a call that may wait in the kernel. No listener can run meanwhile. So the one for Ctrl-C is removed, and the signal ends the
 * process.
 */
export function whileBlocked<T>(work: () => T): T {
  const listeners = process.listeners("SIGINT");
  process.removeAllListeners("SIGINT");
  try {
    return work();
  } finally {
    for (const listener of listeners) process.on("SIGINT", listener);
  }
}

/** Milliseconds between two tries at a pipe that another program made non-blocking. */
const TRY_AGAIN_MS = 10;

/** One read or write. Where another program made the descriptor non-blocking, it is repeated until it succeeds. */
export function tried(work: () => number): number {
  for (;;) {
    try {
      return work();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, TRY_AGAIN_MS);
    }
  }
}
