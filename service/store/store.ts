// What the service needs of a database, in one place. SQLite is behind it today (sqlite.ts); PostgreSQL is planned.
// The service asks for no more than READ COMMITTED: a statement sees what was committed before it began, an update waits for
// whoever holds its row and then tests its condition again, and two transactions interleave statement by statement.
import type { PosternError } from "../../protocol/errors.ts";
import type { Db } from "./tables.ts";

/** Wakes whoever waits for this account, or for any where the store cannot tell which account changed. */
export type Wake = (account: string | undefined) => void;

export type Store = {
  /** For single statements that read. Texts compare by their code points: a page of a list ends where the next begins. */
  readonly db: Db;
  /**
   * Runs `act` as one transaction: all of it is on disk once this resolves, and nothing of it where it throws. A store may
   * roll back and run `act` again, as where two transactions wait for each other: `act` changes nothing but the store.
   */
  write<T>(act: (db: Db) => Promise<T>): Promise<T>;
  /** Runs `act`, which only reads, at one moment: a write that is committed meanwhile shows in none of its statements. */
  read<T>(act: (db: Db) => Promise<T>): Promise<T>;
  /** Part of a write: once that is committed, whoever follows this store in another process is told of the account. */
  notify(db: Db, account: string): Promise<void>;
  /** Calls `wake` after each change that another process wrote, until the function it answers is called. */
  follow(wake: Wake): () => void;
  /** Whether another process wrote to this store already when it was opened. It then shares that one's generation. */
  readonly isShared: boolean;
  /** What a person can act on in an error that the database threw; undefined for what is a mistake of ours. */
  faultOf(thrown: unknown): PosternError | undefined;
  /** Leaves nothing on disk of what was removed. */
  scrub(): Promise<void>;
  close(): Promise<void>;
};
