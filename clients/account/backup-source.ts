// Reads the bytes of a backup as lines with their places. An error names the line by its number. Where a backup was cut, the error
// names the byte.
import { PosternError } from "../../protocol/errors.ts";
import { createBackupBounds } from "./backup-bounds.ts";

/** The bytes of a backup. They can be read several times, each time from the start. The source never changes a piece that it gave. */
export type BackupSource = () => AsyncIterable<Uint8Array>;

/** A line: its number from 1, the bytes before it, and the bytes up to its end. */
export type TextLine = {
  readonly text: string;
  readonly number: number;
  readonly from: number;
  readonly to: number;
  /** Whether a line end follows. In a backup, one follows every line. */
  readonly isEnded: boolean;
};

const LF = 0x0a;

/** The lines of a backup. Throws notRestorable where a line passes a bound or is no UTF-8. */
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
    // Without the cause, so that the error holds no bytes of the file.
    throw new PosternError("notRestorable", `line ${number} is no text in UTF-8`);
  }
}
