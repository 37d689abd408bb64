// PostgreSQL's READ COMMITTED in one SQLite connection. A statement sees everything that was committed before it began, and its own
// transaction's writes. A statement that would change a row of another open transaction waits for that transaction. Then it tests its
// condition again on that row only; the rest it sees as before. Two transactions that wait for each other are a deadlock. The one that
// closes the circle is rolled back. There is no predicate lock and no snapshot check. So every race happens here that no condition in a
// statement and no held row prevents.
import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import type { Image, RowImages } from "./row-images.ts";
import type { Schedule } from "./schedule.ts";

export class Deadlock extends Error {
  override readonly name = "Deadlock";
}

export type Outcome = { rows: unknown[]; changes: number | bigint | undefined };

export type Transaction = {
  readonly id: number;
  /** Its writes so far. */
  readonly written: Image[];
  readonly held: Set<string>;
  /** For reads at one moment: the number of commits before that moment. */
  readonly readsAt: number | undefined;
  waitsFor: Transaction | undefined;
  failed: boolean;
};

export type Transactions = {
  begin(readsAtOneMoment: boolean): Transaction;
  execute(transaction: Transaction, sql: string, values: readonly unknown[]): Promise<Outcome>;
  /** Resolves once it is committed. Never resolves after a failed statement. */
  commit(transaction: Transaction): Promise<void>;
  rollback(transaction: Transaction): void;
  /** The statements that ran, in their order, each with its transaction. */
  readonly trace: readonly string[];
};

export function createTransactions(database: DatabaseSync, rows: RowImages, schedule: Schedule): Transactions {
  const { capture, undo, redo, keysOf } = rows;
  const open = new Set<Transaction>();
  const committed: Image[] = [];
  const trace: string[] = [];
  let begun = 0;

  /** Runs a statement without the writes that others have not committed, or committed too late. */
  function tryOnce(self: Transaction, since: number, sql: string, values: SQLInputValue[], seen: ReadonlySet<string>) {
    const others = [...open].filter((one) => one !== self).flatMap(({ written }) => written);
    const late = committed.slice(since).filter((image) => !keysOf(image).some((key) => seen.has(key)));
    database.exec("SAVEPOINT hidden");
    undo(others);
    undo(late);
    database.exec("SAVEPOINT statement");
    try {
      const { value, images } = capture(() => run(database, sql, values));
      const keys = new Set(images.flatMap(keysOf));
      const holder = [...open].find((one) => one !== self && !keys.isDisjointFrom(one.held));
      const newer = late.flatMap(keysOf).filter((key) => keys.has(key));
      if (holder !== undefined || newer.length > 0) database.exec("ROLLBACK TO statement");
      return { value, images, keys, holder, newer, error: undefined };
    } catch (error) {
      database.exec("ROLLBACK TO statement");
      return { images: [], keys: new Set<string>(), holder: undefined, newer: [], error };
    } finally {
      database.exec("RELEASE statement");
      redo(late);
      redo(others);
      database.exec("RELEASE hidden");
    }
  }

  function demandNoCircle(self: Transaction, holder: Transaction): void {
    for (let one: Transaction | undefined = holder; one !== undefined; one = one.waitsFor)
      if (one === self) throw new Deadlock("two transactions wait for each other");
  }

  function forgetOld(): void {
    if (open.size === 0) committed.length = 0;
  }

  return {
    trace,
    begin: (readsAtOneMoment) => {
      const transaction: Transaction = {
        id: ++begun,
        written: [],
        held: new Set(),
        readsAt: readsAtOneMoment ? committed.length : undefined,
        waitsFor: undefined,
        failed: false,
      };
      open.add(transaction);
      return transaction;
    },
    execute: (self, sql, values) => {
      let since = self.readsAt;
      const seen = new Set<string>();
      return schedule.run({
        isHeldUp: () => self.waitsFor !== undefined && open.has(self.waitsFor),
        attempt: () => {
          self.waitsFor = undefined;
          if (self.failed) throw new Error("a statement of this transaction has failed");
          since ??= committed.length;
          for (;;) {
            const tried = tryOnce(self, since, sql, values as SQLInputValue[], seen);
            if (tried.error !== undefined) {
              self.failed = true;
              throw tried.error;
            }
            if (tried.holder !== undefined) {
              for (const key of tried.keys) if (tried.holder.held.has(key)) seen.add(key);
              try {
                demandNoCircle(self, tried.holder);
              } catch (error) {
                self.failed = true;
                throw error;
              }
              self.waitsFor = tried.holder;
              return undefined;
            }
            if (tried.newer.length > 0) {
              for (const key of tried.newer) seen.add(key);
              continue;
            }
            self.written.push(...tried.images);
            for (const key of tried.keys) self.held.add(key);
            trace.push(`${self.id} ${sql}`);
            return { done: tried.value as Outcome };
          }
        },
      });
    },
    commit: (self) =>
      schedule.run({
        isHeldUp: () => false,
        attempt: () => {
          if (self.failed) throw new Error("a statement of this transaction has failed");
          open.delete(self);
          committed.push(...self.written);
          trace.push(`${self.id} commit`);
          forgetOld();
          return { done: undefined };
        },
      }),
    rollback: (self) => {
      if (!open.delete(self)) return;
      undo(self.written);
      trace.push(`${self.id} rollback`);
      forgetOld();
    },
  };
}

function run(database: DatabaseSync, sql: string, values: SQLInputValue[]): Outcome {
  const statement = database.prepare(sql);
  if (statement.columns().length > 0) return { rows: statement.all(...values), changes: undefined };
  return { rows: [], changes: statement.run(...values).changes };
}
