// Each file of a store is a file of this user, or does not exist yet. SQLite would follow a link, and the link may lead to another
// store, or to a file that somebody wants overwritten.
import { closeSync, lstatSync, openSync, readSync } from "node:fs";
import { PosternError } from "../../protocol/errors.ts";

/** Files that SQLite keeps beside a store: the log of writes, its index, and the journal before the store has a log. */
const BESIDE = ["", "-wal", "-shm", "-journal"];

/** Throws fileUnusable where one of the store's files is no plain file of this user. */
export function demandOwnFiles(store: string): void {
  for (const end of BESIDE) {
    const path = store + end;
    const wrong = faultOf(path);
    if (wrong !== undefined) throw new PosternError("fileUnusable", `${path} ${wrong}`);
  }
}

/** The first bytes of a journal of SQLite. A store has a journal only where a crash came before its log of writes. */
const JOURNAL_MAGIC = "d9d505f920a163d7";

/**
 * Whether a journal lies beside the store that rolls back an unfinished write. Throws fileUnusable where something else has its
 * name: SQLite would then say that the store is read-only.
 */
export function hasJournal(store: string): boolean {
  const path = `${store}-journal`;
  const size = lstatSync(path, { throwIfNoEntry: false })?.size ?? 0;
  // SQLite makes it empty. A journal that begins with a zero is settled.
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

/** SQLite's primary result codes for a store that cannot be opened or read. */
const faults: Readonly<Record<number, string>> = {
  8: "can be read only",
  10: "cannot be read or written: the disk reports an error",
  11: "is damaged",
  14: "cannot be opened",
  23: "cannot be opened",
  26: "is damaged: it is no SQLite database",
};

const SQLITE_FULL = 13;

/** Turns an error of SQLite into one that a person can act on. Undefined for a mistake of ours. */
export function storeFault(thrown: unknown, store = "service.sqlite"): PosternError | undefined {
  const { errcode } = (thrown ?? {}) as { errcode?: unknown };
  if (typeof errcode !== "number") return undefined;
  const primary = errcode & 0xff;
  // It leaves the transaction rolled back.
  if (primary === SQLITE_FULL) return new PosternError("diskFull");
  const fault = faults[primary];
  return fault === undefined ? undefined : new PosternError("fileUnusable", `the store ${store} ${fault}`);
}
