// An arriving backup: sealed bytes, kept in a file until all of them are here and checked. The file has no name, so it goes with its
// descriptor however the agent ends. A file that is no backup is refused as its bytes arrive.

import { randomBytes } from "node:crypto";
import { closeSync, constants, openSync, read, statfsSync, unlinkSync, writeSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { PosternError } from "../../protocol/errors.ts";
import type { Clock } from "../host/clock.ts";
import { isFull } from "../host/private-files.ts";

const GiB = 1024 * 1024 * 1024;

/** The bounds of arriving backups. A test sets smaller ones than the product. */
export type SpoolLimits = {
  readonly one: number;
  readonly strangers: number;
  readonly all: number;
  readonly left: number;
  readonly idleMs: number;
};

export const spoolLimits: SpoolLimits = {
  /** Bytes of one backup: an account of 100,000 items and a few hundred large files. */
  one: 4 * GiB,
  /** Bytes of all strangers together: one backup. They share it, since a stranger can change its session and its program. */
  strangers: 4 * GiB,
  /** Bytes in all. When strangers have filled their part, a person's backup and a second try still fit. */
  all: 12 * GiB,
  /** Bytes that stay free on the disk, so that the agent's log and store and other programs can go on. */
  left: 1 * GiB,
  /** Milliseconds after which an idle backup is dropped. Until then a person may look for the emergency kit. */
  idleMs: 15 * 60_000,
};

/** The arrived bytes. They can be read several times, each time from the start. The source never changes a piece that it gave. */
export type SpoolSource = () => AsyncIterable<Uint8Array>;

export type Spool = {
  /** Throws notRestorable, tooLarge, busy, diskFull, handleNotFound. After that it always throws the same and keeps nothing. */
  push(chunk: Uint8Array): void;
  /** Throws handleNotFound where it was dropped, also during a read. */
  source: SpoolSource;
  drop(): void;
};

export type Spools = {
  /** Begins one. A stranger is a program that is not our own command and gave no proof. */
  create(stranger: boolean): Spool;
};

/** Checks bytes as they arrive. Throws notRestorable where they cannot be a backup. */
export type Bounds = { push(chunk: Uint8Array): void };

export type SpoolParts = {
  readonly newBounds: () => Bounds;
  readonly folder: string;
  readonly clock: Pick<Clock, "after">;
  readonly limits?: SpoolLimits;
  /** Free bytes on the folder's disk. */
  readonly free?: () => number;
};

export function createSpools(parts: SpoolParts): Spools {
  const { folder, clock, newBounds, limits = spoolLimits, free = () => freeOn(folder) } = parts;
  const held = { strangers: 0, all: 0 };

  function count(stranger: boolean, more: number): void {
    held.all += more;
    if (stranger) held.strangers += more;
  }

  function demandRoom(stranger: boolean, size: number, more: number): void {
    if (size + more > limits.one) throw new PosternError("tooLarge", `a backup has at most ${limits.one} bytes`);
    if (stranger && held.strangers + more > limits.strangers)
      throw new PosternError("busy", "other programs hand over backups just now");
    if (held.all + more > limits.all) throw new PosternError("busy", "too many programs hand over backups at once");
    if (free() - more < limits.left)
      throw new PosternError("diskFull", `a backup is taken in while ${limits.left} bytes stay free`);
  }

  return {
    create: (stranger) => {
      const file = openUnnamed(folder);
      const bounds = newBounds();
      let refusal: unknown;
      let cancelIdle: () => void = () => undefined;

      function end(why: unknown): void {
        if (refusal !== undefined) return;
        refusal = why;
        cancelIdle();
        count(stranger, -file.size);
        file.close();
      }

      function stir(): void {
        if (refusal !== undefined) throw refusal;
        cancelIdle();
        cancelIdle = clock.after(limits.idleMs, () => end(gone()));
      }

      stir();
      return {
        push: (chunk) => {
          stir();
          try {
            demandRoom(stranger, file.size, chunk.length);
            bounds.push(chunk);
            file.add(chunk);
          } catch (error) {
            end(error);
            throw error;
          }
          count(stranger, chunk.length);
        },
        source: () => {
          stir();
          return chunksOf(file, stir);
        },
        drop: () => end(gone()),
      };
    },
  };
}

const gone = () => new PosternError("handleNotFound");

function freeOn(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

type UnnamedFile = {
  readonly size: number;
  add(chunk: Uint8Array): void;
  /** Reads from this place. Returns 0 at the end. */
  read(piece: Uint8Array, at: number): Promise<number>;
  /** Closes at once, or after a read that is under way. The descriptor's number may belong to another file right after. */
  close(): void;
};

/** A new file without a name. A crash between making it and removing its name leaves a file, which the next start removes. */
function openUnnamed(folder: string): UnnamedFile {
  const path = join(folder, `backup.${randomBytes(8).toString("hex")}.unfinished`);
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const descriptor = openSync(path, flags, 0o600);
  try {
    unlinkSync(path);
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
  let size = 0;
  let reads = 0;
  let closed = false;
  return {
    get size() {
      return size;
    },
    add: (chunk) => {
      writeWhole(descriptor, chunk);
      size += chunk.length;
    },
    read: async (piece, at) => {
      reads++;
      try {
        return (await readAt(descriptor, piece, 0, piece.length, at)).bytesRead;
      } finally {
        if (--reads === 0 && closed) closeSync(descriptor);
      }
    },
    close: () => {
      closed = true;
      if (reads === 0) closeSync(descriptor);
    },
  };
}

function writeWhole(descriptor: number, chunk: Uint8Array): void {
  try {
    for (let at = 0; at < chunk.length; ) at += writeSync(descriptor, chunk, at);
  } catch (error) {
    throw isFull(error) ? new PosternError("diskFull") : error;
  }
}

const readAt = promisify(read);

/** Bytes of one read. */
const PIECE_BYTES = 256 * 1024;

/** `demandOpen` is called before and after each read. */
async function* chunksOf(file: UnnamedFile, demandOpen: () => void): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < file.size; ) {
    demandOpen();
    const piece = new Uint8Array(Math.min(PIECE_BYTES, file.size - at));
    const bytesRead = await file.read(piece, at);
    demandOpen();
    if (bytesRead === 0) return;
    at += bytesRead;
    yield piece.subarray(0, bytesRead);
  }
}
