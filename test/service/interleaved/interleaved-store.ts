// A second store, for the tests: SQLite with every statement delayed. A seed gives the order in which the statements of concurrent
// transactions are interleaved. It promises as much as PostgreSQL's READ COMMITTED, and no more.
import { existsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import {
  type DatabaseConnection,
  type Dialect,
  type Driver,
  Kysely,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from "kysely";
import { connectSqlite } from "../../../service/store/sqlite.ts";
import type { Store, Wake } from "../../../service/store/store.ts";
import type { Db, Tables } from "../../../service/store/tables.ts";
import { type RowImages, rowImages } from "./row-images.ts";
import { createSchedule } from "./schedule.ts";
import { createTransactions, Deadlock, type Transaction, type Transactions } from "./transactions.ts";

/** Times that a write is run again after a deadlock. Writes that hold rows in one order seldom need more than one. */
const RUNS_MAX = 20;

export type InterleavedStore = {
  /** The store in one process of the service. The second process shares it with the first. */
  connect(): Store;
  readonly trace: readonly string[];
  /** Times that a write was run again because it lost a deadlock. */
  deadlocks(): number;
  /** Removes the last traces of deleted rows from the files. */
  scrub(): void;
  close(): void;
};

/** Opens or makes a store at `path`. */
export async function interleavedStore(path: string, seed: number): Promise<InterleavedStore> {
  if (!existsSync(path)) await (await connectSqlite(path, () => {})).close();
  const database = new DatabaseSync(path);
  // No statement waits for a disk, since the tests are about their order.
  database.exec("PRAGMA synchronous = OFF; PRAGMA secure_delete = ON");
  return {
    ...interleavedOn(database, rowImages(database), seed),
    scrub: () => scrubFile(database),
    close: () => database.close(),
  };
}

/** The same on a given database, whose rows are watched already. */
export function interleavedOn(
  database: DatabaseSync,
  rows: RowImages,
  seed: number,
): Omit<InterleavedStore, "scrub" | "close"> {
  const transactions = createTransactions(database, rows, createSchedule(seed));
  const told = new Map<Transaction, string[]>();
  const followers = new Map<Store, Set<Wake>>();
  let lost = 0;

  async function writeOnce<T>(store: Store, run: number, act: (db: Db) => Promise<T>): Promise<T> {
    try {
      return await store.db.transaction().execute(act);
    } catch (error) {
      if (!(error instanceof Deadlock) || run >= RUNS_MAX) throw error;
      lost++;
      return writeOnce(store, run + 1, act);
    }
  }

  function connect(): Store {
    const wakeOthers = (transaction: Transaction) => {
      for (const account of told.get(transaction) ?? [])
        for (const [other, wakes] of followers) if (other !== store) for (const wake of wakes) wake(account);
      told.delete(transaction);
    };
    const dialect = (readsAtOneMoment: boolean) => dialectOf(transactions, readsAtOneMoment, wakeOthers);
    const snapshots = new Kysely<Tables>({ dialect: dialect(true) });
    const store: Store = {
      db: new Kysely<Tables>({ dialect: dialect(false) }),
      isShared: followers.size > 0,
      write: (act) => writeOnce(store, 1, act),
      read: (act) => snapshots.transaction().execute(act),
      notify: async (db, account) => {
        const transaction = await transactionOf(db);
        told.set(transaction, [...(told.get(transaction) ?? []), account]);
      },
      follow: (wake) => {
        followers.get(store)?.add(wake);
        return () => void followers.get(store)?.delete(wake);
      },
      faultOf: () => undefined,
      scrub: async () => {},
      close: async () => void followers.delete(store),
    };
    followers.set(store, new Set());
    return store;
  }

  return { connect, trace: transactions.trace, deadlocks: () => lost };
}

function scrubFile(database: DatabaseSync): void {
  database.exec("PRAGMA wal_checkpoint(truncate)");
}

/** The store in a process that shares it with no other. */
export async function openInterleaved(path: string, seed: number): Promise<Store> {
  const { connect, scrub, close } = await interleavedStore(path, seed);
  const store = connect();
  return {
    ...store,
    scrub: async () => scrub(),
    close: async () => {
      await store.close();
      close();
    },
  };
}

class Connection implements DatabaseConnection {
  readonly #transactions: Transactions;
  transaction: Transaction | undefined;

  constructor(transactions: Transactions) {
    this.#transactions = transactions;
  }

  async executeQuery<R>({ sql, parameters }: { sql: string; parameters: readonly unknown[] }) {
    if (this.transaction !== undefined) return answerOf<R>(await this.#run(this.transaction, sql, parameters));
    const alone = this.#transactions.begin(false);
    try {
      const outcome = await this.#run(alone, sql, parameters);
      await this.#transactions.commit(alone);
      return answerOf<R>(outcome);
    } catch (error) {
      this.#transactions.rollback(alone);
      throw error;
    }
  }

  #run(transaction: Transaction, sql: string, parameters: readonly unknown[]) {
    return this.#transactions.execute(transaction, sql, parameters);
  }

  // biome-ignore lint/correctness/useYield: nothing of ours streams
  async *streamQuery(): AsyncIterableIterator<never> {
    throw new Error("nothing is streamed");
  }
}

function answerOf<R>({ rows, changes }: { rows: unknown[]; changes: number | bigint | undefined }) {
  return { rows: rows as R[], ...(changes === undefined ? {} : { numAffectedRows: BigInt(changes) }) };
}

function dialectOf(
  transactions: Transactions,
  readsAtOneMoment: boolean,
  committed: (transaction: Transaction) => void,
): Dialect {
  class Adapter extends SqliteAdapter {
    override get supportsMultipleConnections() {
      return true;
    }
  }
  const driver: Driver = {
    init: async () => {},
    acquireConnection: async () => new Connection(transactions),
    beginTransaction: async (connection) => {
      (connection as Connection).transaction = transactions.begin(readsAtOneMoment);
    },
    commitTransaction: async (connection) => {
      const { transaction } = connection as Connection;
      if (transaction === undefined) throw new Error("no transaction is open");
      await transactions.commit(transaction);
      committed(transaction);
    },
    rollbackTransaction: async (connection) => {
      const { transaction } = connection as Connection;
      if (transaction !== undefined) transactions.rollback(transaction);
    },
    releaseConnection: async (connection) => {
      (connection as Connection).transaction = undefined;
    },
    destroy: async () => {},
  };
  return {
    createAdapter: () => new Adapter(),
    createDriver: () => driver,
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  };
}

/** The transaction that a handle of Kysely's stands for. */
function transactionOf(db: Db): Promise<Transaction> {
  return db.getExecutor().provideConnection(async (connection) => {
    const { transaction } = connection as Connection;
    if (transaction === undefined) throw new Error("only a write notifies");
    return transaction;
  });
}
