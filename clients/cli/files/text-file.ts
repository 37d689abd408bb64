// Reads a text file with a bound, as UTF-8 or not at all. An error names the file as the person did, and the line of the first wrong byte.
// It never shows a byte.

import { UsageError } from "../terminal/exit-code.ts";
import { inputBytes } from "./input-bytes.ts";
import { unreadable } from "./unreadable.ts";

/** The file in errors ("the env file", "an env file"), its most bytes, and the next step where it is refused. */
export type TextKind = {
  readonly the: string;
  readonly one: string;
  readonly bytesMax: number;
  readonly next: string;
};

const STDIN = 0;

/** The text of a file, with its byte order mark. Throws UsageError. */
export function readTextFile(path: string, kind: TextKind): string {
  return readText(`${kind.the} ${path}`, path, kind);
}

/** The text on standard input, by the same rules. */
export function readTextInput(kind: TextKind): string {
  return readText(`${kind.the} on standard input`, STDIN, kind);
}

function readText(named: string, from: string | number, kind: TextKind): string {
  try {
    const bytes = inputBytes(from, kind.bytesMax, kind.the);
    demandSize(bytes.length, named, kind);
    return decoded(bytes, named, kind);
  } catch (error) {
    // A name as any other here: it could be a file's.
    throw unreadable(named, error, from === "-" ? "for standard input, name /dev/stdin" : undefined);
  }
}

function demandSize(size: number, named: string, { one, bytesMax, next }: TextKind): void {
  if (size > bytesMax)
    throw new UsageError(`${one} has at most ${bytesMax} bytes, and ${named} has more, so it is no ${bare(one)}`, next);
}

/** "an env file" without its article. */
const bare = (one: string) => one.replace(/^an? /, "");

function decoded(bytes: Buffer, named: string, { one, next }: TextKind): string {
  if (isUtf16(bytes))
    throw new UsageError(
      `${named} is not UTF-8 text but UTF-16, so it is no ${bare(one)}`,
      "save it as UTF-8: iconv -f UTF-16 -t UTF-8",
    );
  try {
    return text(bytes);
  } catch {
    throw new UsageError(
      `${named} is not UTF-8 text: line ${wrongLine(bytes)} holds a byte that is none, so it is no ${bare(one)}`,
      next,
    );
  }
}

/** `ignoreBOM` is Node's word for leaving the mark in the text. */
const text = (bytes: Uint8Array) => new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);

/** Recognizes UTF-16 by its mark, or by the zero byte beside the first letter. */
function isUtf16(bytes: Buffer): boolean {
  const [first, second] = bytes;
  if (first === undefined || second === undefined) return false;
  return (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff) || (first === 0) !== (second === 0);
}

const LF = 0x0a;

/** The number of the first line that is no UTF-8. No letter spans the end of a line. */
function wrongLine(bytes: Buffer): number {
  let number = 1;
  for (let at = 0; at <= bytes.length; number++) {
    const end = bytes.indexOf(LF, at);
    const line = bytes.subarray(at, end === -1 ? bytes.length : end);
    try {
      text(line);
    } catch {
      return number;
    }
    if (end === -1) break;
    at = end + 1;
  }
  return number;
}
