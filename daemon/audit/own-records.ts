// The newest records of one asker. Any program may ask for its own, so the look is made in slices, and one look is made at a time in the whole agent.
import { closeSync, fstatSync, readSync } from "node:fs";
import type { Linked } from "./chain.ts";
import { othersTurn } from "./pages.ts";
import { listSegments, openSegment, recordOf } from "./segments.ts";

/** Segments that are looked through. A caller who may not see the log must not make the agent read all of it. */
export const OWN_SEGMENTS_MAX = 2;

/** Bytes that are looked through before others get their turn: about a millisecond where few of the records are the asker's. */
const SLICE_BYTES = 512 * 1024;

const LF = 0x0a;

let looking: Promise<unknown> = Promise.resolve();

/** The newest records whose `who` is this asker, oldest first. */
export function newestOf(
  folder: string,
  who: string,
  { limit, wanted }: { limit: number; wanted(record: Linked): boolean },
): Promise<Linked[]> {
  const look = () => lookThrough(folder, who, limit, wanted);
  const found = looking.then(look);
  looking = found.catch(() => undefined);
  return found;
}

async function lookThrough(
  folder: string,
  who: string,
  limit: number,
  wanted: (record: Linked) => boolean,
): Promise<Linked[]> {
  const mark = Buffer.from(`"who":${JSON.stringify(who)}`);
  const found: Linked[] = [];
  // From the newest segment backwards, so that a long log costs no more than the shown part.
  for (const { path } of listSegments(folder).reverse().slice(0, OWN_SEGMENTS_MAX))
    for await (const slice of slicesOf(path)) {
      const records = recordsWith(slice, mark).filter((record) => record.who === who && wanted(record));
      found.unshift(...records);
      if (found.length >= limit) return found.slice(-limit);
    }
  return found;
}

/** Whole lines of a file, the last ones first. */
async function* slicesOf(path: string): AsyncGenerator<Buffer> {
  const descriptor = openSegment(path);
  try {
    let end = fstatSync(descriptor).size;
    let bytes = SLICE_BYTES;
    while (end > 0) {
      const from = Math.max(0, end - bytes);
      const slice = Buffer.alloc(end - from);
      const read = slice.subarray(0, readSync(descriptor, slice, 0, slice.length, from));
      const cut = from === 0 ? 0 : read.indexOf(LF) + 1;
      await othersTurn();
      // One line is longer than the slice, so that a longer one is needed.
      if (from > 0 && (cut === 0 || cut === read.length)) bytes *= 2;
      else {
        yield read.subarray(cut);
        end = from + cut;
        bytes = SLICE_BYTES;
      }
    }
  } finally {
    closeSync(descriptor);
  }
}

/** The records of the lines that hold the mark. No other line is parsed. */
function recordsWith(lines: Buffer, mark: Buffer): Linked[] {
  const found: Linked[] = [];
  for (let at = lines.indexOf(mark); at !== -1; ) {
    const from = lines.lastIndexOf(LF, at) + 1;
    const end = lines.indexOf(LF, at);
    // What has no line end was not written whole.
    if (end === -1) break;
    const record = recordOf(lines.toString("utf8", from, end));
    if (record !== undefined) found.push(record);
    at = lines.indexOf(mark, end);
  }
  return found;
}
