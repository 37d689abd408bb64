// Descriptors that the command was started with, and reads and writes that wait: what a shell hands over is used as it is,
// and whoever waits for the other end of a pipe can be ended by a signal.
import { realpathSync } from "node:fs";
import { basename, dirname } from "node:path";

/**
 * The descriptor of ours that a name stands for (/dev/stdout leads to /proc/self/fd/1). To open it anew fails for a socket, and
 * would write over what a shell has written before us.
 */
export function descriptorOf(path: string): number | undefined {
  if (!/^\d+$/.test(basename(path))) return undefined;
  try {
    return realpathSync(dirname(path)) === `/proc/${process.pid}/fd` ? Number(basename(path)) : undefined;
  } catch {
    // A folder that is not there: whoever opens the name is told.
    return undefined;
  }
}

/** The names that every Unix has for the first three, and the folder of all. */
const NAMES: Readonly<Record<string, number>> = { "/dev/stdin": 0, "/dev/stdout": 1, "/dev/stderr": 2 };

/** The same for a name that is read, where the links need not be looked at one by one. */
export function openDescriptor(path: string): number | undefined {
  return NAMES[path] ?? descriptorOf(path);
}

/**
 * Does what may wait in the kernel. No listener runs meanwhile, so that there is none for Ctrl-C, and the signal ends the
 * process by itself.
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

/** Milliseconds between two tries at a pipe that somebody made non-blocking. */
const TRY_AGAIN_MS = 10;

/** One read or write; where somebody made the descriptor non-blocking, it is tried until it goes through. */
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
