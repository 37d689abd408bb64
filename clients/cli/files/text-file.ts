// Text that a person hands over as a file: read with a bound, and as UTF-8 or not at all. What is no text is told by
// the name that was given, with the line of the first wrong byte, and never by a byte of it.

import { UsageError } from "../terminal/exit-code.ts";
import { inputBytes } from "./input-bytes.ts";
import { unreadable } from "./unreadable.ts";

/** What errors call a file: "the env file", "an env file"; the most bytes it has, and the next step where it is refused. */
export type TextKind = {
  readonly the: string;
  readonly one: string;
  readonly bytesMax: number;
  readonly next: string;
};

const STDIN = 0;

/** The text of a file. A byte order mark stays. Throws UsageError. */
export function readTextFile(path: string, kind: TextKind): string {
  return readText(`${kind.the} ${path}`, path, kind);
}

/** The text on standard input, with the same rules. */
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

/** `ignoreBOM` is Node's word for leaving it in the text. */
const text = (bytes: Uint8Array) => new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);

/** By its mark, or by the zero that stands beside the first letter where it has none. */
function isUtf16(bytes: Buffer): boolean {
  const [first, second] = bytes;
  if (first === undefined || second === undefined) return false;
  return (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff) || (first === 0) !== (second === 0);
}

const LF = 0x0a;

/** The number of the first line that is no UTF-8; a letter never runs over a line's end. */
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
