// Writes to stdout without Node's stream, which would cost more than the rest of a short command. Also the errors for a stdout that
// takes nothing.
import { fstatSync, writeSync } from "node:fs";
import { Writable } from "node:stream";
import { OutputLost } from "./exit-code.ts";

const STDOUT = 1;

/** Bytes of one blocking write: as many as a pipe holds. During a longer write with a slow reader, Ctrl-C would not work. */
const AT_ONCE_BYTES_MAX = 64 * 1024;

/** Stdout did not take the command's output. */
export class StdoutFailed extends OutputLost {
  override readonly name = "StdoutFailed";

  /** The same, after an act that must not be repeated. */
  after(done: string, hint: string): StdoutFailed {
    return new StdoutFailed(`${this.message}; ${done}`, hint);
  }
}

/** A reader that has gone ends the command quietly (`postern audit | head`). For any other failure it calls `failed`. */
export function watchStdout(failed: (error: StdoutFailed) => void): void {
  if (isFile()) Object.defineProperty(process, "stdout", { value: wholeWrites(), configurable: true });
  process.stdout.on("error", (error) => failed(failureOf(error)));
}

function failureOf(error: unknown): StdoutFailed {
  const { code } = error as NodeJS.ErrnoException;
  if (code === "EPIPE") process.exit(0);
  return new StdoutFailed(`stdout could not be written (${code})`);
}

/** Whether stdout is a file, which never makes a writer wait. */
const isFile = () => fstatSync(STDOUT).isFile();

/** Node's own stream for a file writes once. Where a disk or a limit takes a part of that, the rest would be lost without a word. */
function wholeWrites(): Writable {
  const write = (bytes: Uint8Array, _encoding: string, done: (error?: Error) => void) => {
    try {
      writeWhole(bytes);
      done();
    } catch (error) {
      done(error as Error);
    }
  };
  return Object.assign(new Writable({ write }), { fd: STDOUT });
}

function writeWhole(bytes: Uint8Array): void {
  for (let rest = bytes; rest.length > 0; ) rest = rest.subarray(writeSync(STDOUT, rest));
}

/** Whether stdout is a terminal. Only a character device can be one. */
export function isTerminal(): boolean {
  return fstatSync(STDOUT).isCharacterDevice() && process.stdout.isTTY === true;
}

/** Writes all of a text, or of bytes as they are. The process may end once this is fulfilled. Throws StdoutFailed. */
export async function writeStdout(content: string | Uint8Array): Promise<void> {
  let rest: Uint8Array = Buffer.from(content);
  try {
    if (isFile()) return writeWhole(rest);
    while (rest.length > 0 && rest.length <= AT_ONCE_BYTES_MAX) rest = rest.subarray(writeSync(STDOUT, rest));
  } catch (error) {
    // EAGAIN: another program made the pipe non-blocking, and it is full. The stream waits until it is read.
    if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw failureOf(error);
  }
  if (rest.length > 0) await stream(rest);
}

function stream(bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    // The write's own callback comes first with the same error.
    const said = () => undefined;
    process.stdout.once("error", said);
    process.stdout.write(bytes, (error) => {
      if (error) return reject(failureOf(error));
      process.stdout.off("error", said);
      resolve();
    });
  });
}
