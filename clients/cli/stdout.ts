// What goes to stdout when making Node's stream for it would cost more than the rest of the command.
import { fstatSync, writeSync } from "node:fs";

const STDOUT = 1;

/** Ends the command quietly when the reader of its output has gone (`postern audit | head`). */
export function watchStdout(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    throw error;
  });
}

/** Whether stdout is a terminal. Only a character device can be one. */
export function isTerminal(): boolean {
  return fstatSync(STDOUT).isCharacterDevice() && process.stdout.isTTY === true;
}

/** Writes all of a text; the process may end once this is fulfilled. */
export async function writeStdout(text: string): Promise<void> {
  let rest: Uint8Array = Buffer.from(text);
  try {
    while (rest.length > 0) rest = rest.subarray(writeSync(STDOUT, rest));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EPIPE") process.exit(0);
    if (code !== "EAGAIN") throw error;
    // A pipe that somebody made non-blocking, and full: the stream waits until it is read.
    watchStdout();
    await new Promise<void>((resolve) => process.stdout.write(rest, () => resolve()));
  }
}
