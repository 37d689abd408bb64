// Files and folders that only this user may read, and writes that are whole or absent after a crash.
import { randomBytes } from "node:crypto";
import {
  closeSync,
  constants,
  fsyncSync,
  lstatSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { open, rename, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { PosternError } from "../../protocol/errors.ts";
import { makeFolder } from "./make-folder.ts";
import { StartRefused } from "./start-refused.ts";

/** Ends the name of a file that is being written. After a crash such a file means nothing. */
const UNFINISHED = /\.[0-9a-f]{16}\.unfinished$/;

/**
 * Replaces the file at `path` by `bytes`, mode 0600. When the promise is fulfilled, the content survives a power cut. When it fails, or
 * the process dies, the old file is untouched. Throws diskFull. Writes to one path must be awaited one after another.
 */
export async function writeFileDurably(path: string, bytes: Uint8Array): Promise<void> {
  const folder = dirname(path);
  const unfinished = join(folder, `${basename(path)}.${randomBytes(8).toString("hex")}.unfinished`);
  try {
    await writeNew(unfinished, bytes);
    await rename(unfinished, path);
  } catch (error) {
    await unlink(unfinished).catch(() => undefined); // It may not exist. The first error is the one to throw.
    throw isFull(error) ? new PosternError("diskFull") : error;
  }
  // The rename itself is durable only once the folder is.
  await syncFolder(folder);
}

/** The same without waiting, for content that need not survive a power cut. */
export function replaceFile(path: string, bytes: Uint8Array, { flush = false } = {}): void {
  const unfinished = `${path}.${randomBytes(8).toString("hex")}.unfinished`;
  try {
    writeFileSync(unfinished, bytes, { mode: 0o600, flag: "wx", flush });
    renameSync(unfinished, path);
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw error;
  }
}

/**
 * As `writeFileDurably`, but done when it returns. A promise of a busy process is taken up late, and a lock must not wait for that. Throws diskFull.
 * No other write to the path may be under way.
 */
export function writeFileDurablyNow(path: string, bytes: Uint8Array): void {
  try {
    replaceFile(path, bytes, { flush: true });
  } catch (error) {
    throw isFull(error) ? new PosternError("diskFull") : error;
  }
  const folder = openSync(dirname(path), constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

/** Whether the disk or this user's quota on it is full. */
export function isFull(error: unknown): boolean {
  const { code } = (error ?? {}) as NodeJS.ErrnoException;
  return code === "ENOSPC" || code === "EDQUOT";
}

/** Whether the error means that the disk or the log took nothing. The act itself is done then and has no record. */
export function isUnwritten(error: unknown): boolean {
  return isFull(error) || (error instanceof PosternError && ["auditUnwritable", "diskFull"].includes(error.name));
}

async function writeNew(path: string, bytes: Uint8Array): Promise<void> {
  // O_EXCL and O_NOFOLLOW: never through a file or a link that another program put there.
  const file = await open(
    path,
    constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
    0o600,
  );
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** The depth of the data folder: the folder of accounts, and each account's folder. */
const FOLDERS_DEEP = 2;

/**
 * Removes leftovers of interrupted writes in `folder` and in its folders. The leftover of an account file holds the Secret Key. Only the
 * single instance may call it, before it writes.
 */
export function removeUnfinishedWrites(folder: string, deep = FOLDERS_DEEP): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isFile() && UNFINISHED.test(entry.name)) unlinkSync(path);
    // A link does not count as a folder here.
    if (entry.isDirectory() && deep > 0) removeUnfinishedWrites(path, deep - 1);
  }
}

/**
 * Makes `path` a folder that only we can enter (0700), with its missing parents, or checks that it is one. Throws
 * StartRefused where it is a link, no folder, another user's, or open to others: what lies in it could be laid there.
 */
export function ensurePrivateFolder(path: string): void {
  const name = basename(path);
  try {
    makeFolder(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    throw new StartRefused(
      `the folder "${name}" could not be made (${code})`,
      "check that its parent is a folder you can write to",
      error,
    );
  }
  const found = lstatSync(path);
  if (!found.isDirectory()) throw new StartRefused(`"${name}" is not a folder`, "move it out of the way");
  if (found.uid !== process.getuid?.())
    throw new StartRefused(`the folder "${name}" belongs to another user`, "move it out of the way");
  if ((found.mode & 0o077) !== 0)
    throw new StartRefused(
      `the folder "${name}" is open to other users`,
      "check what is in it, then close it with chmod 700",
    );
}
