// A backup on its way in: sealed bytes that are kept in a file of ours until all of it is there and was checked.

import { randomBytes } from "node:crypto";
import { closeSync, constants, createReadStream, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { PosternError } from "../protocol/errors.ts";

/** Bytes of a backup that is taken in: an account of 100,000 items and a few hundred large files. */
export const BACKUP_BYTES_MAX = 4 * 1024 * 1024 * 1024;

export type Spool = { push(chunk: Uint8Array): void; lines(): AsyncIterable<string>; drop(): void };

/** Begins a file in `folder`; a crash leaves it under a name that the next start removes. */
export function createSpool(folder: string): Spool {
  const path = join(folder, `backup.${randomBytes(8).toString("hex")}.unfinished`);
  const descriptor = openSync(
    path,
    constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
    0o600,
  );
  let size = 0;
  let open = true;
  return {
    push: (chunk) => {
      size += chunk.length;
      if (size > BACKUP_BYTES_MAX) throw new PosternError("tooLarge", `a backup has at most ${BACKUP_BYTES_MAX} bytes`);
      for (let at = 0; at < chunk.length; ) at += writeSync(descriptor, chunk, at);
    },
    lines: () => createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY }),
    drop: () => {
      if (open) closeSync(descriptor);
      open = false;
      rmSync(path, { force: true });
    },
  };
}
