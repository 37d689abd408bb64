// The log in pages, oldest first. A search through a year of records must not read all of it at once, and must not block other requests.
import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import { happenedAt, type Linked, type Record } from "./chain.ts";
import { listSegments, readSegment, type Segment } from "./segments.ts";

/** Segments read for one page: 64 MiB, about a second. */
export const PAGE_SEGMENTS_MAX = 4;

/** Bytes of the records on one page. With their names they fit well into one line of the wire. */
export const PAGE_BYTES_MAX = 1024 * 1024;

/** Records that are read before other work gets its turn: some ten milliseconds. */
export const TURN_RECORDS = 2_000;

/** Bytes of a segment's beginning that hold its first record. The record of 100 references has some ten thousand. */
const FIRST_RECORD_BYTES = 256 * 1024;

/** Milliseconds by which the clock may have been wrong when a segment was begun: a day. Its records are still found. */
const SLACK_MS = 24 * 60 * 60_000;

/** The requested records: after this number, and within these times. */
export type Range = { readonly after: number; readonly sinceMs: number; readonly untilMs: number };

/** Some records, oldest first. With `next` others may follow, after that number. */
export type Page = { readonly records: Record[]; readonly next?: number };

export function isWithin({ after, sinceMs, untilMs }: Range, record: Record): boolean {
  const atMs = Date.parse(happenedAt(record));
  return record.seq > after && atMs >= sinceMs && atMs <= untilMs;
}

/** The first matching records of the range. */
export async function readPage(
  folder: string,
  range: Range,
  limit: number,
  wanted: (record: Record) => boolean,
): Promise<Page> {
  const records: Record[] = [];
  const segments = listSegments(folder);
  let last = range.after;
  let bytes = 0;
  let read = 0;
  let looked = 0;
  for (const [index, segment] of segments.entries()) {
    if (isBefore(segments[index + 1], range)) continue;
    // A record that was taken in late lies behind its time.
    if (isPast(segment, range) && !holdsTakenIn(segment)) continue;
    // The next page begins after a number. So segments without a record, as damage leaves them, do not end a page.
    if (read++ >= PAGE_SEGMENTS_MAX && last > range.after) return { records, next: last };
    for (const line of readSegment(segment)) {
      if (++looked % TURN_RECORDS === 0) await othersTurn();
      if (line.kind !== "record" || line.record.seq <= last) continue;
      const { record } = line;
      if (isWithin(range, record) && wanted(record)) {
        bytes += JSON.stringify(record).length;
        if (records.length >= limit || (bytes > PAGE_BYTES_MAX && records.length > 0)) return { records, next: last };
        records.push(record);
      }
      last = record.seq;
    }
    await othersTurn();
  }
  return { records };
}

/** Whether everything before the segment `next` is before the range. */
function isBefore(next: Segment | undefined, { after, sinceMs }: Range): boolean {
  const first = next === undefined ? undefined : firstOf(next);
  return first !== undefined && (first.seq <= after + 1 || Date.parse(first.at) < sinceMs - SLACK_MS);
}

function isPast(segment: Segment, { untilMs }: Range): boolean {
  const first = firstOf(segment);
  return first !== undefined && Date.parse(first.at) > untilMs + SLACK_MS;
}

const TAKEN_IN = Buffer.from('"happened":');

function holdsTakenIn({ path }: Segment): boolean {
  return readFileSync(path).includes(TAKEN_IN);
}

/** The first record of a segment. Undefined where its beginning is no record; then nothing is skipped. */
export function firstOf({ path }: Segment): Linked | undefined {
  const descriptor = openSync(path, "r");
  try {
    const beginning = Buffer.alloc(FIRST_RECORD_BYTES);
    const text = beginning.toString("utf8", 0, readSync(descriptor, beginning));
    const record = JSON.parse(text.slice(0, Math.max(0, text.indexOf("\n")))) as Linked | null;
    return Number.isInteger(record?.seq) && typeof record?.at === "string" ? record : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  } finally {
    closeSync(descriptor);
  }
}

export function othersTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
