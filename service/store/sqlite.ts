// The first implementation of the store: one SQLite file through node:sqlite. WAL with synchronous FULL, so that an acknowledged commit is
// on disk; 16 KiB pages, since sealed rows are some KiB and small pages cost overflow chains (measured).
import { existsSync } from "node:fs";
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import { Kysely, SqliteDialect, sql } from "kysely";
import { type StoreLock, takeStoreLock } from "./lock.ts";
import { demandKnown, migrate } from "./migrations.ts";
import { demandOwnFiles, hasJournal, storeFault } from "./own-file.ts";
import type { Store } from "./store.ts";
import type { Tables } from "./tables.ts";

/** Milliseconds a statement waits for another process's lock (a second opener, a backup tool) before it fails. */
const BUSY_MS = 5_000;

/** Prepared statements kept per store; our queries have about fifty shapes. */
const STATEMENTS_MAX = 200;

/**
 * Milliseconds between two looks for a change that another process wrote. A follower waits a second at most. A look is one read of
 * the file's version, and there are no looks while nobody waits.
 */
export const FOLLOW_MS = 1_000;

/**
 * Opens or makes the store at `path` and brings it to this schema. The store is this process's alone until it is closed. Throws
 * storeTooNew when a newer Postern wrote it, storeInUse where another service has it, fileUnusable where one of its files is a
 * link, damaged or another user's, and diskFull.
 */
export async function openSqlite(path: string): Promise<Store> {
  demandOwnFiles(path);
  let lock: StoreLock | undefined;
  try {
    lock = takeStoreLock(path);
    const { release } = lock;
    // Nobody else writes here, so nobody is waited for. A look once a second would wake the machine all day.
    return { ...(await connectSqlite(path, release)), follow: () => () => undefined };
  } catch (error) {
    lock?.release();
    throw storeFault(error, path) ?? error;
  }
}

/** Connects to the store at `path`. The caller has its lock; `release` gives the lock back. */
export async function connectSqlite(path: string, release: () => void, isShared = false): Promise<Store> {
  if (existsSync(path)) demandKnown(versionOf(path));
  const database = new DatabaseSync(path);
  try {
    database.exec("PRAGMA page_size = 16384");
    database.exec("PRAGMA journal_mode = WAL");
    database.exec("PRAGMA synchronous = FULL");
    database.exec(`PRAGMA busy_timeout = ${BUSY_MS}`);
    database.exec("PRAGMA foreign_keys = ON");
    database.exec("PRAGMA secure_delete = ON");
  } catch (error) {
    database.close();
    throw error;
  }
  const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database: adapt(database) }) });
  try {
    await migrate(db);
  } catch (error) {
    await db.destroy();
    throw error;
  }
  return {
    db,
    isShared,
    // SQLite lets one transaction write at a time, so none has to run twice.
    write: (act) => db.transaction().execute(act),
    read: (act) => db.transaction().execute(act),
    // Other processes read the file's version.
    notify: async () => {},
    follow: (wake) => followFile(database, () => wake(undefined)),
    faultOf: (thrown) => storeFault(thrown),
    // SQLite overwrites deleted pages. Their old content is still in the log of writes, which is emptied here.
    scrub: async () => void (await sql`pragma wal_checkpoint(truncate)`.execute(db)),
    close: async () => {
      await db.destroy();
      release();
    },
  };
}

/** Calls `changed` after each commit of another connection to this file. The file's version ignores our own commits. */
function followFile(database: DatabaseSync, changed: () => void): () => void {
  const look = database.prepare("PRAGMA data_version");
  const versionNow = () => look.get()?.data_version;
  let known = versionNow();
  const timer = setInterval(() => {
    if (!database.isOpen) return clearInterval(timer);
    const version = versionNow();
    if (version === known) return;
    known = version;
    changed();
  }, FOLLOW_MS);
  timer.unref();
  return () => clearInterval(timer);
}

/** Reads a store's schema without writing. Opening a newer store for use would already change its journal mode. */
function versionOf(path: string): number {
  // An unfinished write is rolled back first, and that is a write.
  const database = new DatabaseSync(path, { readOnly: !hasJournal(path) });
  try {
    const known = database.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'schema'").get();
    if (known === undefined) return 0;
    return Number(database.prepare("SELECT max(version) AS version FROM schema").get()?.version ?? 0);
  } finally {
    database.close();
  }
}

type Prepared = {
  reader: boolean;
  all(parameters: readonly unknown[]): unknown[];
  run(parameters: readonly unknown[]): { changes: number | bigint; lastInsertRowid: number | bigint };
  iterate(parameters: readonly unknown[]): IterableIterator<unknown>;
};

/** node:sqlite in the shape that Kysely's SQLite dialect expects, with prepared statements kept by their text. */
function adapt(database: DatabaseSync): { close(): void; prepare(sql: string): Prepared } {
  const prepared = new Map<string, Prepared>();
  return {
    close: () => {
      prepared.clear();
      database.close();
    },
    prepare: (sql) => {
      // On a full disk SQLite rolls back by itself. Kysely's own rollback would then fail and hide the reason.
      if (sql === "rollback" && !database.isTransaction) return nothing;
      const known = prepared.get(sql);
      if (known !== undefined) return known;
      if (prepared.size >= STATEMENTS_MAX) prepared.clear();
      const made = wrap(database.prepare(sql));
      prepared.set(sql, made);
      return made;
    },
  };
}

const nothing: Prepared = {
  reader: false,
  all: () => [],
  run: () => ({ changes: 0, lastInsertRowid: 0 }),
  iterate: () => [].values(),
};

function wrap(statement: StatementSync): Prepared {
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => statement.all(...(parameters as SQLInputValue[])),
    run: (parameters) => statement.run(...(parameters as SQLInputValue[])),
    iterate: (parameters) => statement.iterate(...(parameters as SQLInputValue[])) as IterableIterator<unknown>,
  };
}
