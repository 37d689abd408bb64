// What the service needs of a database, in one place. SQLite is behind it today (sqlite.ts); PostgreSQL is planned.
// The service asks for no more than READ COMMITTED. A statement sees everything that was committed before it began. An update waits
// for the transaction that holds its row, and then tests its condition again. Transactions interleave statement by statement.
import type { PosternError } from "../../protocol/errors.ts";
import type { Db } from "./tables.ts";

/** Wakes requests that wait for this account. Without an account it wakes all: the store cannot say which one changed. */
export type Wake = (account: string | undefined) => void;

export type Store = {
  /** For single statements that read. Texts compare by their code points: a page of a list ends where the next begins. */
  readonly db: Db;
  /**
   * Runs `act` as one transaction. All of it is on disk once this resolves; nothing of it is where it throws. A store may roll back
   * and run `act` again, for example where two transactions wait for each other. So `act` changes nothing but the store.
   */
  write<T>(act: (db: Db) => Promise<T>): Promise<T>;
  /** Runs `act`, which only reads, at one moment: none of its statements sees a write that is committed meanwhile. */
  read<T>(act: (db: Db) => Promise<T>): Promise<T>;
  /** Part of a write. After its commit, followers of this store in other processes hear of the account. */
  notify(db: Db, account: string): Promise<void>;
  /** Calls `wake` after each change that another process wrote, until the function it answers is called. */
  follow(wake: Wake): () => void;
  /** Whether another process wrote to this store already when it was opened. This one then shares its generation. */
  readonly isShared: boolean;
  /** Turns an error of the database into one that a person can act on. Undefined for a mistake of ours. */
  faultOf(thrown: unknown): PosternError | undefined;
  /** Removes the last traces of deleted rows from the disk. */
  scrub(): Promise<void>;
  close(): Promise<void>;
};
