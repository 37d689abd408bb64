// The bounds of a backup, checked as its bytes arrive. A line that never ends, a line nested a million deep, or too many lines are
// refused at the first byte too many. A line of millions of small values is refused too, since it costs the parser a hundred times
// its bytes. A packed file is refused at its first bytes. This decodes nothing, parses nothing and keeps no bytes.

import { PosternError } from "../../protocol/errors.ts";
import { serviceLimits } from "../../protocol/service-catalogue.ts";
import { BEGINNING_BYTES, demandOwnBytes } from "./backup-beginning.ts";

/** The bounds of a backup. A test sets smaller ones than the product. */
export type BackupLimits = {
  readonly lineBytes: number;
  readonly headerBytes: number;
  readonly values: number;
  readonly depth: number;
  readonly lines: number;
};

export const backupLimits: BackupLimits = {
  /** Bytes of one line. Its content goes to a service in one request. */
  lineBytes: serviceLimits.bodyBytes,
  /** Bytes of the first line: the user's own sealed data, and as much again for their keys. */
  headerBytes: 2 * serviceLimits.sealedUserData,
  /** Commas and brackets of one line. A vault with grants to 200 groups needs 2,000. */
  values: 8192,
  /** Nesting of one line. The deepest, an item with files, needs 5. */
  depth: 16,
  /** Lines: twenty for each item of an account of 100,000 items. */
  lines: 2_000_000,
};

const LF = 0x0a;
const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const OPEN = new Set([0x5b, 0x7b]);
const CLOSE = new Set([0x5d, 0x7d]);

/** Takes a backup's bytes in any pieces. `push` throws notRestorable, naming the line, where a bound is passed. */
export function createBackupBounds(limits: BackupLimits = backupLimits): { push(chunk: Uint8Array): void } {
  let line = 1;
  let bytes = 0;
  let values = 0;
  let depth = 0;
  let inString = false;
  let escaped = false;
  let beginning: Uint8Array = new Uint8Array();

  const refuse = (what: string) => new PosternError("notRestorable", `line ${line} ${what}`);

  function endLine(): void {
    line++;
    bytes = 0;
    values = 0;
    depth = 0;
    inString = false;
    escaped = false;
  }

  function countValue(): void {
    if (++values > limits.values) throw refuse(`has more than ${limits.values} values`);
  }

  function nest(): void {
    countValue();
    depth++;
    if (depth > limits.depth) throw refuse(`is nested deeper than ${limits.depth}`);
  }

  return {
    push: (chunk) => {
      if (beginning.length < BEGINNING_BYTES) {
        beginning = Uint8Array.of(...beginning, ...chunk.subarray(0, BEGINNING_BYTES - beginning.length));
        // Comes before the bounds. Packed bytes break those too, but that message would not help the person.
        demandOwnBytes(beginning);
      }
      // By index: the iterator of a typed array takes several times as long, and a backup has gigabytes.
      for (let at = 0; at < chunk.length; at++) {
        const byte = chunk[at] as number;
        if (byte === LF) {
          endLine();
          continue;
        }
        if (bytes === 0 && line > limits.lines)
          throw new PosternError("notRestorable", `it has more than ${limits.lines} lines`);
        const bytesMax = line === 1 ? limits.headerBytes : limits.lineBytes;
        if (++bytes > bytesMax) throw refuse(`is longer than ${bytesMax} bytes`);
        if (inString) {
          if (escaped) escaped = false;
          else if (byte === BACKSLASH) escaped = true;
          else if (byte === QUOTE) inString = false;
        } else if (byte === QUOTE) inString = true;
        else if (OPEN.has(byte)) nest();
        else if (byte === COMMA) countValue();
        else if (CLOSE.has(byte)) depth--;
      }
    },
  };
}
