// The promises of the tests' second store. A write that trusts that nobody writes between its statements loses here, with some seed. A write
// whose statement has a condition never does.
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { changesRow } from "../../../service/store/changed.ts";
import type { Store } from "../../../service/store/store.ts";
import type { Db } from "../../../service/store/tables.ts";
import { type InterleavedStore, interleavedStore } from "./interleaved-store.ts";

const SEEDS = 12;

let folder: string;
let made = 0;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "postern-interleaved-"));
  (await interleavedStore(join(folder, "empty.sqlite"), 1)).close();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs `act` on a new store with one account whose number is 0. */
async function on<T>(seed: number, act: (store: Store, all: InterleavedStore) => Promise<T>): Promise<T> {
  const path = join(folder, `${++made}.sqlite`);
  copyFileSync(join(folder, "empty.sqlite"), path);
  const all = await interleavedStore(path, seed);
  const store = all.connect();
  await store.write((db) => db.insertInto("accounts").values({ id: "a", created_at: "now", restoring: 0 }).execute());
  try {
    return await act(store, all);
  } finally {
    all.close();
  }
}

const numberIn = async (db: Db) =>
  (await db.selectFrom("accounts").select("restoring").where("id", "=", "a").executeTakeFirstOrThrow()).restoring;

/** Reads the number, and stores the next one. This must not be trusted. */
const raise = (store: Store) =>
  store.write(async (db) => {
    const restoring = (await numberIn(db)) + 1;
    await db.updateTable("accounts").set({ restoring }).where("id", "=", "a").execute();
  });

/** The same with its condition in the statement. Returns whether the condition held. */
const raiseFrom = (store: Store) =>
  store.write(async (db) => {
    const known = await numberIn(db);
    const raised = db
      .updateTable("accounts")
      .set({ restoring: known + 1 })
      .where("id", "=", "a")
      .where("restoring", "=", known);
    return changesRow(raised);
  });

/** Two transactions that each hold a row and then want the other's. */
async function cross(store: Store): Promise<void> {
  await store.write((db) => db.insertInto("accounts").values({ id: "b", created_at: "now" }).execute());
  const raiseBoth = (ids: string[]) =>
    store.write(async (db) => {
      for (const id of ids)
        await db
          .updateTable("accounts")
          .set((eb) => ({ restoring: eb("restoring", "+", 1) }))
          .where("id", "=", id)
          .execute();
    });
  await Promise.all([raiseBoth(["a", "b"]), raiseBoth(["b", "a"])]);
}

test("a read and then an update without a condition loses an update", async () => {
  const ends: number[] = [];
  for (let seed = 1; seed <= SEEDS; seed++)
    ends.push(
      await on(seed, async (store) => {
        await Promise.all([raise(store), raise(store)]);
        return numberIn(store.db);
      }),
    );
  // Both claimed success. Where they met, the number shows that only one was done.
  expect(ends).toContain(1);
  expect(ends.every((end) => end === 1 || end === 2)).toBe(true);
});

test("an update that carries its condition loses nothing, whatever the order", async () => {
  for (let seed = 1; seed <= SEEDS; seed++)
    await on(seed, async (store) => {
      const held = await Promise.all([raiseFrom(store), raiseFrom(store), raiseFrom(store)]);
      expect(await numberIn(store.db)).toBe(held.filter(Boolean).length);
    });
});

test("the same seed gives the same order, and another one another", async () => {
  const orderOf = (seed: number) =>
    on(seed, async (store, { trace }) => {
      await Promise.all([raise(store), raise(store), raiseFrom(store)]);
      return [...trace];
    });
  expect(await orderOf(7)).toEqual(await orderOf(7));
  const orders = await Promise.all([1, 2, 3, 4].map(orderOf));
  expect(new Set(orders.map((order) => order.join("\n"))).size).toBeGreaterThan(1);
});

describe("a transaction", () => {
  test("shows nothing to others before it is committed, and nothing ever where it fails", async () => {
    await on(3, async (store) => {
      const reads: number[] = [];
      const failing = store.write(async (db) => {
        await db.updateTable("accounts").set({ restoring: 9 }).execute();
        await db.insertInto("accounts").values({ id: "c", created_at: "now" }).execute();
        await db.deleteFrom("accounts").where("id", "=", "a").execute();
        reads.push(await numberIn(store.db));
        throw new Error("changed its mind");
      });
      await expect(failing).rejects.toThrow("changed its mind");
      expect(reads).toEqual([0]);
      expect(await store.db.selectFrom("accounts").selectAll().execute()).toEqual([
        { id: "a", created_at: "now", restoring: 0 },
      ]);
    });
  });

  test("sees between two statements what others have committed; a read at one moment does not", async () => {
    await on(3, async (store) => {
      const twice = async (db: Db) => {
        const first = await numberIn(db);
        await raise(store);
        return [first, await numberIn(db)];
      };
      expect(await store.write(twice)).toEqual([0, 1]);
      expect(await store.read(twice)).toEqual([1, 1]);
    });
  });

  test("that inserts what another inserts waits for it, and then meets it", async () => {
    for (let seed = 1; seed <= SEEDS; seed++)
      await on(seed, async (store) => {
        const insert = () =>
          store.write((db) =>
            changesRow(
              db
                .insertInto("accounts")
                .values({ id: "b", created_at: "now" })
                .onConflict((taken) => taken.column("id").doNothing()),
            ),
          );
        const made = await Promise.all([insert(), insert(), insert()]);
        expect(made.filter(Boolean)).toHaveLength(1);
      });
  });

  test("that a circle of waiting caught is run again, and both are done", async () => {
    let deadlocks = 0;
    for (let seed = 1; seed <= SEEDS; seed++)
      await on(seed, async (store, all) => {
        await cross(store);
        const rows = await store.db.selectFrom("accounts").select("restoring").execute();
        expect(rows).toEqual([{ restoring: 2 }, { restoring: 2 }]);
        deadlocks += all.deadlocks();
      });
    expect(deadlocks).toBeGreaterThan(0);
  });

  test("whose statement failed does nothing more", async () => {
    await on(1, async (store) => {
      const failing = store.write(async (db) => {
        const again = db.insertInto("accounts").values({ id: "a", created_at: "again" }).execute();
        await again.catch(() => {});
        await db.updateTable("accounts").set({ restoring: 5 }).execute();
      });
      await expect(failing).rejects.toThrow("has failed");
      expect(await numberIn(store.db)).toBe(0);
    });
  });
});
