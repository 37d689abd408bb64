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
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { PosternError } from "../../protocol/errors.ts";
import { isFull } from "../host/private-files.ts";
import type { Linked } from "./chain.ts";

/** Bytes after which a new segment begins. Verifying one takes less than a second. */
export const SEGMENT_BYTES_MAX = 16 * 1024 * 1024;

/** Kept segments: 512 MiB, about two million records. The oldest is removed first, and a record says so. */
export const SEGMENTS_MAX = 32;

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
  try {
    const record = JSON.parse(line) as Linked;
    if (typeof record === "object" && record !== null && Number.isInteger(record.seq))
      return { kind: "record", record };
  } catch {
    // No JSON: a torn tail. The record after it reports it.
  }
  return { kind: "torn", bytes: Buffer.byteLength(line) };
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

/** Removes the oldest segments past the limit. Returns their numbers. */
export function dropOldest(folder: string): number[] {
  const segments = listSegments(folder);
  const gone = segments.slice(0, Math.max(0, segments.length - SEGMENTS_MAX));
  for (const segment of gone) rmSync(segment.path);
  return gone.map((segment) => segment.number);
}
