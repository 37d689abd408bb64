// Reads bytes of a file, a pipe or an open descriptor. Ctrl-C ends a command that waits for them. It waits for a non-blocking pipe too. An
// input that gives its bytes only once is read once.
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { UsageError } from "../terminal/exit-code.ts";
import { openDescriptor, tried, whileBlocked } from "./descriptor.ts";

/** Bytes of one read. */
const CHUNK_BYTES = 64 * 1024;

/** Inputs that this process has read to their end and cannot read again. */
const spent = new Set<string>();

/**
 * All bytes of a path or a descriptor, up to one more than `bytesMax`, since an endless input must not fill the memory. Throws UsageError
 * for an input that was read before: it would give nothing, and an empty text would pass for a value.
 */
export function inputBytes(from: string | number, bytesMax: number, option: string): Buffer {
  const given = typeof from === "number" ? from : openDescriptor(from);
  const path = String(from);
  // Opening a pipe waits for its writer, just as reading does.
  return whileBlocked(() => {
    const descriptor = given ?? openSync(path, "r");
    try {
      demandUnread(descriptor, given, from, option);
      return bytesOf(descriptor, bytesMax);
    } finally {
      if (given === undefined) closeSync(descriptor);
    }
  });
}

function demandUnread(descriptor: number, given: number | undefined, from: string | number, option: string): void {
  const found = fstatSync(descriptor);
  const once = found.isFIFO() || found.isSocket() ? [`${found.dev}:${found.ino}`] : [];
  const names = [...once, ...(given === undefined ? [] : [`descriptor ${given}`])];
  if (names.some((name) => spent.has(name)))
    throw new UsageError(
      `${option} names ${typeof from === "number" ? `file descriptor ${from}` : from}, which was read to its end already`,
      "give each value an input of its own, for one a file",
    );
  for (const name of names) spent.add(name);
}

function bytesOf(descriptor: number, bytesMax: number): Buffer {
  const chunks: Buffer[] = [];
  for (let left = bytesMax + 1; left > 0; ) {
    const chunk = Buffer.alloc(Math.min(CHUNK_BYTES, left));
    const read = tried(() => readSync(descriptor, chunk));
    if (read === 0) break;
    chunks.push(chunk.subarray(0, read));
    left -= read;
  }
  return Buffer.concat(chunks);
}
