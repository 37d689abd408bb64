// A backup on its way in: sealed bytes that are kept in a file of ours until all of it is there and was checked. The file
// has no name: it goes with its descriptor, whatever ends the agent. What is no backup is refused as its bytes arrive.

import { randomBytes } from "node:crypto";
import { closeSync, constants, openSync, read, unlinkSync, writeSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { createBackupBounds } from "../../clients/account/backup-bounds.ts";
import type { BackupSource } from "../../clients/account/backup-source.ts";
import { PosternError } from "../../protocol/errors.ts";
import { isFull } from "../host/private-files.ts";

const GiB = 1024 * 1024 * 1024;

/** What the agent takes in of backups, in bytes. A test asks for less than the product does. */
export type SpoolLimits = { readonly one: number; readonly perAsker: number; readonly all: number };

export const spoolLimits: SpoolLimits = {
  /** One backup: an account of 100,000 items and a few hundred large files. */
  one: 4 * GiB,
  /** Those of one program and its like: one backup, or a second try beside a small one. */
  perAsker: 4 * GiB,
  /** All of them: programs that fill what is theirs leave room for the person's backup. */
  all: 16 * GiB,
};

export type Spool = {
  /** Throws notRestorable, tooLarge, busy, diskFull; from then on always the same, and nothing is kept any more. */
  push(chunk: Uint8Array): void;
  source: BackupSource;
  drop(): void;
};

export type Spools = {
  /** Begins one for this asker: the family of its subject. */
  create(asker: string): Spool;
};

export function createSpools(folder: string, limits: SpoolLimits = spoolLimits): Spools {
  let all = 0;
  const byAsker = new Map<string, number>();

  function count(asker: string, more: number): void {
    all += more;
    const mine = (byAsker.get(asker) ?? 0) + more;
    if (mine === 0) byAsker.delete(asker);
    else byAsker.set(asker, mine);
  }

  function demandRoom(asker: string, size: number, more: number): void {
    if (size + more > limits.one) throw new PosternError("tooLarge", `a backup has at most ${limits.one} bytes`);
    if ((byAsker.get(asker) ?? 0) + more > limits.perAsker)
      throw new PosternError("busy", `one program may hand over ${limits.perAsker} bytes of backups at a time`);
    if (all + more > limits.all) throw new PosternError("busy", "too many programs hand over backups at once");
  }

  return {
    create: (asker) => {
      const bounds = createBackupBounds();
      const descriptor = openUnnamed(folder);
      let size = 0;
      let open = true;
      let refusal: unknown;

      function drop(): void {
        if (!open) return;
        open = false;
        count(asker, -size);
        closeSync(descriptor);
      }

      return {
        push: (chunk) => {
          if (refusal !== undefined) throw refusal;
          try {
            demandRoom(asker, size, chunk.length);
            bounds.push(chunk);
            writeWhole(descriptor, chunk);
          } catch (error) {
            refusal = error;
            drop();
            throw error;
          }
          size += chunk.length;
          count(asker, chunk.length);
        },
        source: () => {
          if (refusal !== undefined) throw refusal;
          return chunksOf(descriptor, size);
        },
        drop,
      };
    },
  };
}

/** A new file that has lost its name already; a crash between the two leaves one that the next start removes. */
function openUnnamed(folder: string): number {
  const path = join(folder, `backup.${randomBytes(8).toString("hex")}.unfinished`);
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const descriptor = openSync(path, flags, 0o600);
  try {
    unlinkSync(path);
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
  return descriptor;
}

function writeWhole(descriptor: number, chunk: Uint8Array): void {
  try {
    for (let at = 0; at < chunk.length; ) at += writeSync(descriptor, chunk, at);
  } catch (error) {
    throw isFull(error) ? new PosternError("diskFull") : error;
  }
}

const readAt = promisify(read);

/** Bytes read at once. */
const PIECE_BYTES = 256 * 1024;

async function* chunksOf(descriptor: number, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < size; ) {
    const piece = new Uint8Array(Math.min(PIECE_BYTES, size - at));
    const { bytesRead } = await readAt(descriptor, piece, 0, piece.length, at);
    if (bytesRead === 0) return;
    at += bytesRead;
    yield piece.subarray(0, bytesRead);
  }
}
