// What goes to stdout when making Node's stream for it would cost more than the rest of the command, and what is said
// where stdout takes nothing.
import { fstatSync, writeSync } from "node:fs";
import { OutputLost } from "./exit-code.ts";

const STDOUT = 1;

/** Bytes that go out in one blocking write: what a pipe holds. While a reader lets a longer one wait, no Ctrl-C is heard. */
const AT_ONCE_BYTES_MAX = 64 * 1024;

/** Stdout did not take what the command had to say. */
export class StdoutFailed extends OutputLost {
  override readonly name = "StdoutFailed";

  /** The same, where what was done before cannot be done again. */
  after(done: string, hint: string): StdoutFailed {
    return new StdoutFailed(`${this.message}; ${done}`, hint);
  }
}

/** A reader that has gone ends the command quietly (`postern audit | head`); of all else `failed` is told. */
export function watchStdout(failed: (error: StdoutFailed) => void): void {
  process.stdout.on("error", (error) => failed(failureOf(error)));
}

function failureOf(error: unknown): StdoutFailed {
  const { code } = error as NodeJS.ErrnoException;
  if (code === "EPIPE") process.exit(0);
  return new StdoutFailed(`stdout could not be written (${code})`);
}

/** Whether stdout is a terminal. Only a character device can be one. */
export function isTerminal(): boolean {
  return fstatSync(STDOUT).isCharacterDevice() && process.stdout.isTTY === true;
}

/** Writes all of a text, or of bytes as they are; the process may end once this is fulfilled. Throws StdoutFailed. */
export async function writeStdout(content: string | Uint8Array): Promise<void> {
  let rest: Uint8Array = Buffer.from(content);
  try {
    while (rest.length > 0 && rest.length <= AT_ONCE_BYTES_MAX) rest = rest.subarray(writeSync(STDOUT, rest));
  } catch (error) {
    // EAGAIN is a pipe that somebody made non-blocking, and full: the stream waits until it is read.
    if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw failureOf(error);
  }
  if (rest.length > 0) await stream(rest);
}

function stream(bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    // The write's own answer comes first and says the same.
    const said = () => undefined;
    process.stdout.once("error", said);
    process.stdout.write(bytes, (error) => {
      if (error) return reject(failureOf(error));
      process.stdout.off("error", said);
      resolve();
    });
  });
}
