// Reads secrets: typed at /dev/tty, from a file descriptor, from stdin or from a file. Never from argv, which every process of the
// machine can read.

import { isUtf8 } from "node:buffer";
import { askSecret } from "../terminal/ask.ts";
import { UsageError } from "../terminal/exit-code.ts";
import { inputBytes } from "./input-bytes.ts";
import { unreadable } from "./unreadable.ts";

/** Bytes of a secret: the longest value of an item, and a newline. */
const SECRET_BYTES_MAX = 512 * 1024 + 2;

/** Reads a secret from a file descriptor, without one newline at the end. `written` is the option with descriptor 3, for the error. */
export function fromDescriptor(text: string, option: string, written = "3"): string {
  const descriptor = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(descriptor))
    throw new UsageError(
      `${option} takes the number of an open file descriptor`,
      `open it in the shell, as in: ${option} ${written} 3< file`,
    );
  let bytes: Buffer;
  try {
    bytes = inputBytes(descriptor, SECRET_BYTES_MAX, option);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    // The descriptor was not open, or Node opened something under its number.
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
    bytes = inputBytes(path, SECRET_BYTES_MAX, option);
  } catch (error) {
    throw unreadable(`the file ${path} given to ${option}`, error);
  }
  return textOf(bytes, option);
}

/** Decodes all bytes as text. A byte order mark is part of it. */
function textOf(bytes: Buffer, option: string): string {
  if (bytes.length > SECRET_BYTES_MAX)
    throw new UsageError(
      `what ${option} gives is longer than ${SECRET_BYTES_MAX - 2} bytes`,
      "keep what is so long as a file: `postern item create --vault VAULT --file PATH`",
    );
  // No environment can hold a zero byte, and bytes that are no UTF-8 would come out changed.
  if (bytes.includes(0) || !isUtf8(bytes))
    throw new UsageError(
      `what ${option} gives is no text: ${bytes.includes(0) ? "it has a zero byte in it" : "it is not UTF-8"}`,
      "keep bytes as a file: `postern item create --vault VAULT --file PATH`",
    );
  return bytes.toString("utf8").replace(/\r?\n$/, "");
}

/** Throws UsageError for an empty text. A program that failed gives one, and it would replace a secret. */
export function demandValue(value: string, given: string, hint: string): void {
  if (value === "") throw new UsageError(`the value given to ${given} is empty`, hint);
}

/** The option for the account password, for use without a terminal. */
export const passwordFd = ["--password-fd <n>", "read the account password from this file descriptor"] as const;

function given(descriptor: string): string {
  const password = fromDescriptor(descriptor, "--password-fd");
  demandValue(password, "--password-fd", "write the account password to that file descriptor");
  return password;
}

/** The account password, from `--password-fd` or typed. */
export function accountPassword(options: { passwordFd?: string }, message = "Account password"): Promise<string> {
  return options.passwordFd === undefined
    ? askSecret(message, "--password-fd")
    : Promise.resolve(given(options.passwordFd));
}
