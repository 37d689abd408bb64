// Messages for a person go to stderr by a plain write. Node's stream would make the descriptor non-blocking for all processes that share
// it: the shell, the programs of a pipeline, and the program that `run` starts.
import { writeSync } from "node:fs";

const STDERR = 2;

/** Milliseconds between two tries where another program has made stderr non-blocking and it is full. */
const FULL_MS = 5;

const sleeper = new Int32Array(new SharedArrayBuffer(4));

/** Writes a text to stderr. Where it cannot be written, the exit code must be enough. */
export const tellStderr = (text: string): void => writeBlocking(STDERR, Buffer.from(text));

/** Writes all bytes. Stops where they cannot be written. */
export function writeBlocking(fd: number, bytes: Uint8Array): void {
  let rest = bytes;
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(fd, rest));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") return;
      Atomics.wait(sleeper, 0, 0, FULL_MS);
    }
  }
}
