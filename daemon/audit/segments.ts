// The files of the log: numbered segments of JSON lines. The last one is being written. A tail that a crash tore gets a line end, and a
// record reports it. Only whole oldest segments past a limit are removed.
import {
  closeSync,
  constants,
  existsSync,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { PosternError } from "../../protocol/errors.ts";
import { isFull } from "../host/private-files.ts";
import type { Linked } from "./chain.ts";

/** Bytes after which a new segment begins. Verifying one takes less than a second. */
export const SEGMENT_BYTES_MAX = 16 * 1024 * 1024;

/** Bytes of a whole log: about eight million records. */
export const LOG_BYTES_MAX = 2 * 1024 * 1024 * 1024;

/** Bytes of it for unlocks, grants, answers and approved changes. In the rest, the asker that wrote the most is refused once it is full. */
export const RESERVED_BYTES = 64 * 1024 * 1024;

/** Segments of a whole log. */
export const SEGMENTS_MAX = LOG_BYTES_MAX / SEGMENT_BYTES_MAX;

export const DAY_MS = 24 * 60 * 60_000;

export type Segment = { readonly number: number; readonly path: string };

/** The segments in `folder`, oldest first. */
export function listSegments(folder: string): Segment[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .flatMap((name) => {
      const found = /^audit-(\d{6})\.log$/.exec(name);
      return found === null ? [] : [{ number: Number(found[1]), path: join(folder, name) }];
    })
    .sort((a, b) => a.number - b.number);
}

/** A line of a segment: a record, or other bytes (a torn tail). */
export type Line =
  | { readonly kind: "record"; readonly record: Linked }
  | { readonly kind: "torn"; readonly bytes: number };

/** Every line of a segment. */
export function readSegment(segment: Segment): Line[] {
  const text = readWhole(segment.path);
  const lines = text.split("\n");
  // The bytes after the last line end were not written whole.
  const unfinished = lines.pop() ?? "";
  const whole = lines.filter((line) => line !== "").map(parseLine);
  return unfinished === "" ? whole : [...whole, { kind: "torn", bytes: Buffer.byteLength(unfinished) }];
}

/** Opens a segment for reading. The caller closes it. */
export const openSegment = (path: string): number => openOwn(path, constants.O_RDONLY);

/** Opens no link and no pipe, which would block the agent for ever. Throws fileUnusable. */
function readWhole(path: string): string {
  const descriptor = openOwn(path, constants.O_RDONLY);
  try {
    return readFileSync(descriptor, "utf8");
  } finally {
    closeSync(descriptor);
  }
}

/** Opens a file of the log, which must be a plain file of this user. Throws fileUnusable. */
function openOwn(path: string, flags: number): number {
  let descriptor: number;
  try {
    descriptor = openSync(path, flags | constants.O_NOFOLLOW | constants.O_NONBLOCK, 0o600);
  } catch (error) {
    if (isFull(error)) throw new PosternError("diskFull");
    const { code } = error as NodeJS.ErrnoException;
    throw new PosternError("fileUnusable", `${path} ${code === "ELOOP" ? "is a link" : `cannot be opened (${code})`}`);
  }
  const found = fstatSync(descriptor);
  if (found.isFile() && found.uid === process.geteuid?.()) return descriptor;
  closeSync(descriptor);
  throw new PosternError("fileUnusable", `${path} ${found.isFile() ? "belongs to another user" : "is no file"}`);
}

function parseLine(line: string): Line {
  const record = recordOf(line);
  return record === undefined ? { kind: "torn", bytes: Buffer.byteLength(line) } : { kind: "record", record };
}

/** The record of a line. Undefined for a torn tail; the record after it reports it. */
export function recordOf(line: string): Linked | undefined {
  try {
    const record = JSON.parse(line) as Linked;
    return typeof record === "object" && record !== null && Number.isInteger(record.seq) ? record : undefined;
  } catch {
    return undefined;
  }
}

/** An open segment. Each append is one write, so a crash tears only the last line. A failed append leaves nothing. */
export type Writer = { append(lines: string): void; sync(): void; readonly size: number; close(): void };

export function openWriter(folder: string, number: number): Writer & { torn: boolean } {
  const path = join(folder, `audit-${String(number).padStart(6, "0")}.log`);
  const descriptor = openOwn(path, constants.O_CREAT | constants.O_APPEND | constants.O_RDWR);
  let size = fstatSync(descriptor).size;
  const torn = size > 0 && readFileSync(path).at(-1) !== 0x0a;
  const append = (lines: string) => {
    const bytes = Buffer.from(lines);
    let written = 0;
    try {
      while (written < bytes.length) written += writeSync(descriptor, bytes, written);
    } catch (error) {
      // The disk filled up during the write. The part is removed, so that the write can be repeated.
      ftruncateSync(descriptor, size);
      throw error;
    }
    size += bytes.length;
  };
  if (torn) append("\n");
  return {
    torn,
    append,
    sync: () => fdatasyncSync(descriptor),
    get size() {
      return size;
    },
    close: () => closeSync(descriptor),
  };
}

/**
 * Removes the segments whose last record is older than `keptMs`, from the oldest on, and never the one that is being written. Only age removes one: a
 * flood of records pushes nothing out. Returns their numbers.
 */
export function dropAged(folder: string, wallMs: number, keptMs: number): number[] {
  const segments = listSegments(folder).slice(0, -1);
  const kept = segments.findIndex(({ path }) => wallMs - statSync(path).mtimeMs <= keptMs);
  const gone = kept === -1 ? segments : segments.slice(0, kept);
  for (const segment of gone) rmSync(segment.path);
  return gone.map((segment) => segment.number);
}

/** Bytes of all segments before the one that is being written. */
export function bytesBefore(folder: string, number: number): number {
  const before = listSegments(folder).filter((segment) => segment.number < number);
  return before.reduce((sum, { path }) => sum + statSync(path).size, 0);
}
