// The files of a store: each is a file of this user, or not there yet. SQLite would follow a link, and what it leads to may be
// another store, or a file that somebody wants written over.
import { closeSync, lstatSync, openSync, readSync } from "node:fs";
import { PosternError } from "../../protocol/errors.ts";

/** What SQLite keeps beside a store: the log of writes and its index, and the journal before the store has a log. */
const BESIDE = ["", "-wal", "-shm", "-journal"];

/** Throws fileUnusable where one of the store's files is something else than a file of ours. */
export function demandOwnFiles(store: string): void {
  for (const end of BESIDE) {
    const path = store + end;
    const wrong = faultOf(path);
    if (wrong !== undefined) throw new PosternError("fileUnusable", `${path} ${wrong}`);
  }
}

/** What SQLite's journals begin with. Only a store that was cut off before it had a log of writes has one. */
const JOURNAL_MAGIC = "d9d505f920a163d7";

/**
 * Whether a journal lies beside the store that rolls back what was cut off. Throws fileUnusable where something else lies under
 * its name: SQLite would say of the store that it can be read only.
 */
export function hasJournal(store: string): boolean {
  const path = `${store}-journal`;
  const size = lstatSync(path, { throwIfNoEntry: false })?.size ?? 0;
  // SQLite makes it empty, and takes one that begins with a zero for settled.
  const first = size === 0 ? "00" : beginningOf(path, JOURNAL_MAGIC.length / 2);
  if (first.startsWith("00")) return false;
  if (first === JOURNAL_MAGIC) return true;
  throw new PosternError("fileUnusable", `${path} lies beside the store, and is no journal of it`, {
    hint: `move ${path} out of the way, and start again: the store itself was not touched`,
  });
}

function beginningOf(path: string, size: number): string {
  const bytes = new Uint8Array(size);
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, "r");
    return bytes.subarray(0, readSync(descriptor, bytes)).toHex();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new PosternError("fileUnusable", `${path} cannot be read (${code})`);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function faultOf(path: string): string | undefined {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return undefined;
  if (found.isSymbolicLink()) return "is a link";
  if (!found.isFile()) return "is no file";
  return found.uid === process.geteuid?.() ? undefined : "belongs to another user";
}

/** What SQLite's primary result codes say of a store that cannot be opened or read. */
const faults: Readonly<Record<number, string>> = {
  8: "can be read only",
  10: "cannot be read or written: the disk reports an error",
  11: "is damaged",
  14: "cannot be opened",
  23: "cannot be opened",
  26: "is damaged: it is no SQLite database",
};

const SQLITE_FULL = 13;

/** What a person can act on in an error of SQLite; undefined for what is a mistake of ours. */
export function storeFault(thrown: unknown, store = "service.sqlite"): PosternError | undefined {
  const { errcode } = (thrown ?? {}) as { errcode?: unknown };
  if (typeof errcode !== "number") return undefined;
  const primary = errcode & 0xff;
  // It leaves the transaction rolled back.
  if (primary === SQLITE_FULL) return new PosternError("diskFull");
  const fault = faults[primary];
  return fault === undefined ? undefined : new PosternError("fileUnusable", `the store ${store} ${fault}`);
}
