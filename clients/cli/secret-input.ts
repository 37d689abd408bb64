// Secrets on their way in: typed at /dev/tty, read from a file descriptor, from stdin or from a file. Never from argv,
// which every process of the machine can read.
import { isUtf8 } from "node:buffer";
import { closeSync, openSync, readSync } from "node:fs";
import { askSecret } from "./ask.ts";
import { UsageError } from "./exit-code.ts";

/** Bytes read of a secret: the longest value an item takes, and a newline. */
const SECRET_BYTES_MAX = 512 * 1024 + 2;

/** Reads a secret from a file descriptor; one newline at the end is not part of it. `written` is how the option takes descriptor 3. */
export function fromDescriptor(text: string, option: string, written = "3"): string {
  const descriptor = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(descriptor))
    throw new UsageError(
      `${option} takes the number of an open file descriptor`,
      `open it in the shell, as in: ${option} ${written} 3< file`,
    );
  let bytes: Buffer;
  try {
    bytes = readAll(descriptor);
  } catch (error) {
    // Not open, or one that Node itself has opened in its place.
    throw new UsageError(
      `the file descriptor given to ${option} is not open for reading (${(error as NodeJS.ErrnoException).code})`,
      `open it in the shell, as in: ${option} ${written} 3< file; npm passes none on but 0`,
    );
  }
  return textOf(bytes, option);
}

/** Reads a secret from a file. */
export function fromFile(path: string, option: string): string {
  let bytes: Buffer;
  try {
    const descriptor = openSync(path, "r");
    try {
      bytes = readAll(descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    throw new UsageError(
      `the file ${path} given to ${option} could not be read (${(error as NodeJS.ErrnoException).code})`,
      "name a file that exists and that you may read",
    );
  }
  return textOf(bytes, option);
}

/** All that a descriptor gives, up to one byte more than is taken: an endless one must not fill the memory. */
function readAll(descriptor: number): Buffer {
  const bytes = Buffer.alloc(SECRET_BYTES_MAX + 1);
  let length = 0;
  while (length < bytes.length) {
    const read = readSync(descriptor, bytes, length, bytes.length - length, null);
    if (read === 0) break;
    length += read;
  }
  return bytes.subarray(0, length);
}

/** The text that bytes are, to the last of them; a byte order mark is part of it. */
function textOf(bytes: Buffer, option: string): string {
  if (bytes.length > SECRET_BYTES_MAX)
    throw new UsageError(
      `what ${option} gives is longer than ${SECRET_BYTES_MAX - 2} bytes`,
      "keep what is so long as a file: `postern item create --vault VAULT --file PATH`",
    );
  // A value with a zero byte could be put into no environment, and what is no UTF-8 would come out as other bytes.
  if (bytes.includes(0) || !isUtf8(bytes))
    throw new UsageError(
      `what ${option} gives is no text: ${bytes.includes(0) ? "it has a zero byte in it" : "it is not UTF-8"}`,
      "keep bytes as a file: `postern item create --vault VAULT --file PATH`",
    );
  return bytes.toString("utf8").replace(/\r?\n$/, "");
}

/** The option that gives the account password where there is no terminal. */
export const passwordFd = ["--password-fd <n>", "read the account password from this file descriptor"] as const;

/** The account password, from `--password-fd` or typed. */
export function accountPassword(options: { passwordFd?: string }, message = "Account password"): Promise<string> {
  return options.passwordFd === undefined
    ? askSecret(message, "--password-fd")
    : Promise.resolve(fromDescriptor(options.passwordFd, "--password-fd"));
}
