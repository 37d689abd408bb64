// Looks into the memory of another process (proc(5): maps, mem). Only root may.
import { closeSync, openSync, readFileSync, readSync } from "node:fs";

export const mayLookIntoMemory = process.getuid?.() === 0;

/** Bytes that are read at once. */
const PIECE_BYTES = 4 * 1024 * 1024;

/** The names of those bytes or texts that stand anywhere in the memory that the process can write. A text is sought in UTF-8 and in UTF-16. */
export function foundInMemory(pid: number, sought: Readonly<Record<string, Uint8Array | string>>): string[] {
  const names = Object.entries(sought).flatMap(([name, one]) => formsOf(one).map((bytes) => [name, bytes] as const));
  const found = new Set<string>();
  const memory = openSync(`/proc/${pid}/mem`, "r");
  try {
    for (const line of readFileSync(`/proc/${pid}/maps`, "utf8").split("\n")) {
      const [, from, to] = /^([0-9a-f]+)-([0-9a-f]+) rw/.exec(line) ?? [];
      if (from === undefined || to === undefined) continue;
      for (const piece of piecesOf(memory, Number.parseInt(from, 16), Number.parseInt(to, 16)))
        for (const [name, bytes] of names) if (piece.includes(bytes)) found.add(name);
    }
  } finally {
    closeSync(memory);
  }
  return Object.keys(sought).filter((name) => found.has(name));
}

/** V8 keeps a text in two bytes a character where one of its characters needs them. */
const formsOf = (one: Uint8Array | string): Buffer[] =>
  typeof one === "string" ? [Buffer.from(one), Buffer.from(one, "utf16le")] : [Buffer.from(one)];

/** Bytes by which two pieces overlap. Nothing that is sought is longer. */
const OVERLAP_BYTES = 256;

function* piecesOf(memory: number, from: number, to: number): Generator<Buffer> {
  const piece = Buffer.alloc(PIECE_BYTES);
  for (let at = from; at < to; at += piece.length - OVERLAP_BYTES) {
    let read = 0;
    try {
      read = readSync(memory, piece, 0, Math.min(piece.length, to - at), at);
    } catch {
      // A guard page, or a mapping that ended meanwhile.
      return;
    }
    yield piece.subarray(0, read);
  }
}
