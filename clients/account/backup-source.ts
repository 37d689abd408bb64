// A backup as bytes, and those as lines with their places: whatever is wrong with one is told by its number, and where a
// backup was cut, by the byte.
import { PosternError } from "../../protocol/errors.ts";
import { createBackupBounds } from "./backup-bounds.ts";

/** The bytes of a backup, to be read as often as needed, each time from the start. No piece is touched again by its giver. */
export type BackupSource = () => AsyncIterable<Uint8Array>;

/** A line, its number from 1, and the bytes before it and up to its end. */
export type TextLine = {
  readonly text: string;
  readonly number: number;
  readonly from: number;
  readonly to: number;
  /** Whether a line end follows. A backup has one behind every line. */
  readonly isEnded: boolean;
};

const LF = 0x0a;

/** The lines of a backup. Throws notRestorable where one passes a bound, or is no UTF-8. */
export async function* linesOf(source: BackupSource): AsyncGenerator<TextLine> {
  const bounds = createBackupBounds();
  let parts: Uint8Array[] = [];
  let number = 0;
  let from = 0;
  let size = 0;

  function take(isEnded: boolean): TextLine {
    number++;
    const line = { text: textOf(parts, number), number, from, to: from + size, isEnded };
    from += size + 1;
    parts = [];
    size = 0;
    return line;
  }

  for await (const chunk of source()) {
    bounds.push(chunk);
    for (let at = 0; at < chunk.length; ) {
      const end = chunk.indexOf(LF, at);
      const part = chunk.subarray(at, end === -1 ? chunk.length : end);
      parts.push(part);
      size += part.length;
      if (end === -1) break;
      yield take(true);
      at = end + 1;
    }
  }
  if (size > 0) yield take(false);
}

function textOf(parts: readonly Uint8Array[], number: number): string {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  try {
    return parts.map((part) => decoder.decode(part, { stream: true })).join("") + decoder.decode();
  } catch {
    // Without the cause: nothing of the file's own bytes is told.
    throw new PosternError("notRestorable", `line ${number} is no text in UTF-8`);
  }
}
