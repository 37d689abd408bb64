// The folders named by ids, and the files in them. Only this file makes such a path, and only from an id. It reads and removes files of
// the agent only. It follows no link, and leaves every other thing in the folder as it is.
import { randomBytes } from "node:crypto";
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  unlinkSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { isId } from "../../protocol/crypto/encoding.ts";
import { ensurePrivateFolder } from "./private-files.ts";
import { StartRefused } from "./start-refused.ts";

const ACCOUNTS = "accounts";
const SERVICE_ACCOUNTS = "service-accounts";

/** The form of a hash, which names a token's folder. */
const TOKEN_KEY = /^[0-9a-f]{64}$/;

/** The folder of one account: its file, device store and audit log. Throws where `account` is no id. */
export function accountFolder(home: string, account: string): string {
  return inside(home, ACCOUNTS, account, isId);
}

/** The folder of one service account's token. Throws where `key` is no hash. */
export function tokenFolder(home: string, key: string): string {
  return inside(home, SERVICE_ACCOUNTS, key, (text) => TOKEN_KEY.test(text));
}

/** The names of the tokens' folders, the last used one first. Other things are left out. */
export function tokenFoldersIn(home: string): string[] {
  const parent = join(home, SERVICE_ACCOUNTS);
  if (!existsSync(parent)) return [];
  return readdirSync(parent)
    .filter((name) => TOKEN_KEY.test(name))
    .map((name) => ({ name, found: lstatSync(join(parent, name)) }))
    .filter(({ found }) => found.isDirectory() && found.uid === process.getuid?.())
    .sort((one, other) => other.found.mtimeMs - one.found.mtimeMs)
    .map(({ name }) => name);
}

function inside(home: string, kind: string, name: string, isName: (text: string) => boolean): string {
  const path = join(home, kind, name);
  // An id holds no separator and no dot. This second check is for a later, wider form of ids.
  if (!isName(name) || dirname(path) !== join(home, kind) || basename(path) !== name)
    throw new Error("a name that is no id would have become a path");
  return path;
}

/** Makes a folder named by an id, and the folder above it. Throws StartRefused where either is a link or not private. */
export function ensureNamedFolder(path: string): void {
  ensurePrivateFolder(dirname(path));
  ensurePrivateFolder(path);
}

/** The ids of the accounts with a folder. Throws StartRefused where a folder is a link or not private. */
export function accountsIn(home: string): string[] {
  const folder = join(home, ACCOUNTS);
  ensurePrivateFolder(folder);
  const ids = readdirSync(folder).filter(isId);
  for (const id of ids) ensurePrivateFolder(join(folder, id));
  return ids;
}

/**
 * The content of a file of the agent. Undefined where there is none. Throws StartRefused where a link or another strange thing has its
 * name, and where it is longer than `bytesMax`.
 */
export function readOurs(path: string, bytesMax: number): Uint8Array | undefined {
  const name = basename(path);
  const descriptor = openOurs(path);
  if (descriptor === undefined) return undefined;
  try {
    if (fstatSync(descriptor).size > bytesMax)
      throw new StartRefused(`the file "${name}" is too large to be ours`, "move it out of the way");
    return readFileSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function openOurs(path: string): number | undefined {
  const name = basename(path);
  let descriptor: number;
  try {
    // Without O_NONBLOCK, opening a pipe would wait for a writer.
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return undefined;
    if (code === "ELOOP") throw new StartRefused(`"${name}" is a link`, "move it out of the way", error);
    throw new StartRefused(`the file "${name}" could not be read (${code})`, "check who may read it", error);
  }
  if (isOurFile(descriptor)) return descriptor;
  closeSync(descriptor);
  throw new StartRefused(`"${name}" is no file of ours`, "move it out of the way");
}

function isOurFile(descriptor: number): boolean {
  const found = fstatSync(descriptor);
  return found.isFile() && found.uid === process.getuid?.();
}

/** The files in a named folder, and the leftovers of an interrupted write. */
const OUR_NAME = /^(account\.json|device\.sealed|applications-ended|audit-\d{6}\.log)(\.[0-9a-f]{16}\.unfinished)?$/;

/** The file of an account, and the leftover of an interrupted write of it. */
const ACCOUNT_FILE = /^account\.json(\.[0-9a-f]{16}\.unfinished)?$/;

/** Ends the name of a folder that is being removed. It is no account any more, even if a crash interrupts the removal. */
const REMOVED = /^[a-z2-7]{26}(\.[0-9a-f]{16})?\.removed$/;

/**
 * Removes the files of an account. Returns the name of the folder if it stays because it holds a strange file. Undefined where nothing
 * stays.
 */
export function removeAccountFolder(home: string, account: string): string | undefined {
  const folder = accountFolder(home, account);
  if (!existsSync(folder)) return undefined;
  // A fresh name, so that the remains of an earlier removal are not in the way.
  const removed = `${folder}.${randomBytes(8).toString("hex")}.removed`;
  renameSync(folder, removed);
  return removeOurFiles(removed) ? undefined : basename(removed);
}

/** Whether an account that is not signed in here left its log. The log must be in a folder and not behind a link. */
export function hasKeptLog(home: string, account: string): boolean {
  const folder = accountFolder(home, account);
  const descriptor = existsSync(folder) ? openFolder(folder) : undefined;
  if (descriptor === undefined) return false;
  try {
    return readdirSync(`/proc/self/fd/${descriptor}`).some((name) => /^audit-\d{6}\.log$/.test(name));
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Removes the file of an account. Its log and the sealed store that proves the log stay. Neither opens without the Secret Key, which
 * was in the file.
 */
export function removeAccountFile(home: string, account: string): void {
  const descriptor = openFolder(accountFolder(home, account));
  if (descriptor === undefined) return;
  try {
    const opened = `/proc/self/fd/${descriptor}`;
    for (const name of readdirSync(opened)) if (ACCOUNT_FILE.test(name)) removeOurFile(join(opened, name));
  } finally {
    closeSync(descriptor);
  }
}

/** Finishes interrupted removals. Only the single instance may call it. */
export function finishRemovals(home: string): void {
  const folder = join(home, ACCOUNTS);
  for (const name of readdirSync(folder)) if (REMOVED.test(name)) removeOurFiles(join(folder, name));
}

/** Removes the agent's files from a folder, and then the folder if it is empty. Returns whether the folder is gone. */
function removeOurFiles(folder: string): boolean {
  const descriptor = openFolder(folder);
  if (descriptor === undefined) return false;
  try {
    // Names are looked up in the opened folder. Another folder that takes its place meanwhile is not touched.
    const opened = `/proc/self/fd/${descriptor}`;
    for (const name of readdirSync(opened)) if (OUR_NAME.test(name)) removeOurFile(join(opened, name));
  } finally {
    closeSync(descriptor);
  }
  try {
    rmdirSync(folder);
    return true;
  } catch (error) {
    if (["ENOTEMPTY", "EEXIST"].includes((error as NodeJS.ErrnoException).code ?? "")) return false;
    throw error;
  }
}

/** Opens the folder. Undefined where it is a link or no folder. */
function openFolder(path: string): number | undefined {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  } catch (error) {
    if (["ELOOP", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw error;
  }
}

function removeOurFile(path: string): void {
  let descriptor: number | undefined;
  try {
    descriptor = openOurs(path);
  } catch (error) {
    // A strange file. It stays, and so does the folder, which the caller reports.
    if (error instanceof StartRefused) return;
    throw error;
  }
  if (descriptor === undefined) return;
  closeSync(descriptor);
  unlinkSync(path);
}
