// Reads a file to be judged: text in UTF-8, up to a bound. What is no such text is skipped, and the reason is told.
import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";

/** Bytes of a file. What people write by hand is smaller, and what is larger is made by programs. */
export const FILE_BYTES_MAX = 10 * 1024 * 1024;

/** Bytes at the start that are searched for a zero byte, as git does: a text has none. */
const BINARY_BYTES = 8_000;

export type FileText = { readonly text: string } | { readonly skipped: "binary" | Reason };

/** Why a file that may be meant was skipped. */
type Reason = string;

/** `follow` opens the file behind a link: one that a person named, and none that was found in a folder. */
export function fileText(path: string, follow: boolean): FileText {
  let file: number;
  try {
    // Without waiting, since a pipe in a folder may never have a writer.
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | (follow ? 0 : constants.O_NOFOLLOW));
  } catch (error) {
    return { skipped: `it could not be opened (${codeOf(error)})` };
  }
  try {
    if (!fstatSync(file).isFile()) return { skipped: "it is no file" };
    const bytes = bytesOf(file);
    if (bytes === undefined) return { skipped: `it has more than ${FILE_BYTES_MAX / 1024 / 1024} MiB` };
    if (bytes.subarray(0, BINARY_BYTES).includes(0)) return { skipped: "binary" };
    return textOf(bytes);
  } catch (error) {
    return { skipped: `it could not be read (${codeOf(error)})` };
  } finally {
    closeSync(file);
  }
}

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? "unknown";

/** All bytes. Undefined where there are more than the bound: the size is not asked for, since a file may grow. */
function bytesOf(file: number): Buffer | undefined {
  let bytes = Buffer.alloc(Math.min(fstatSync(file).size, FILE_BYTES_MAX) + 1);
  let length = 0;
  for (;;) {
    const read = readSync(file, bytes, length, bytes.length - length, null);
    length += read;
    if (read === 0) return bytes.subarray(0, length);
    if (length > FILE_BYTES_MAX) return undefined;
    if (length === bytes.length) bytes = Buffer.concat([bytes], Math.min(2 * length, FILE_BYTES_MAX + 1));
  }
}

function textOf(bytes: Buffer): FileText {
  try {
    // `ignoreBOM` is Node's word for leaving the mark in the text, so that places count the same.
    return { text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch {
    return { skipped: "it is not UTF-8" };
  }
}
