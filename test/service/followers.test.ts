// A follower at one process of the service hears of changes that another process writes to the same store. It misses none of several
// concurrent writes, in whatever order they are committed.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type CallService, createServiceClient, EMBEDDED_ORIGIN } from "../../clients/account/service-client.ts";
import { createServiceSession } from "../../clients/account/service-session.ts";
import { newId } from "../../protocol/crypto/encoding.ts";
import { newKeyset } from "../../protocol/crypto/keyset.ts";
import { signInKeyPair } from "../../protocol/crypto/sign-in.ts";
import { newVaultKey } from "../../protocol/crypto/vault-key.ts";
import { serviceLimits } from "../../protocol/service-catalogue.ts";
import { createApp } from "../../service/app.ts";
import { createChanges } from "../../service/change/changes.ts";
import { lastChangeOf, recordChanges } from "../../service/change/events.ts";
import { nodePrimitives } from "../../service/primitives.ts";
import { connectSqlite, FOLLOW_MS, openSqlite } from "../../service/store/sqlite.ts";
import type { Store } from "../../service/store/store.ts";
import { crypto } from "./doors.ts";
import { interleavedStore } from "./interleaved/interleaved-store.ts";
import { pen } from "./interleaved/world.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "postern-followers-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A process of the service, in the view of its callers. */
async function processOn(store: Store): Promise<CallService> {
  const app = await createApp({
    store,
    primitives: nodePrimitives,
    origin: EMBEDDED_ORIGIN,
    onUnforeseen: (thrown) => {
      throw thrown;
    },
  });
  return createServiceClient({ origin: EMBEDDED_ORIGIN, fetch: app.fetch });
}

/** Makes an account. The result signs in to it at any process. */
async function newAccount(call: CallService) {
  const ids = { account: newId(crypto), user: newId(crypto), device: newId(crypto) };
  const seed = crypto.randomBytes(32);
  const { keyset, sealed } = newKeyset(crypto, crypto.randomBytes(32), ids.account, ids.user);
  await call("accounts.create", {
    ...ids,
    signInKey: signInKeyPair(crypto, Uint8Array.from(seed)).publicKey.toBase64(),
    record: {
      rootKey: "AAAA",
      keyset: sealed,
      data: { revision: 1, sealed: "AAAA" },
    },
  });
  const signInAt = async (at: CallService, device = ids.device) => {
    const session = createServiceSession(
      crypto,
      at,
      { origin: EMBEDDED_ORIGIN, ...ids, device },
      Uint8Array.from(seed),
    );
    await session.signIn();
    return session;
  };
  return { signInAt, pen: pen({ account: ids.account, keyset }) };
}

type Two = { readonly stores: readonly [Store, Store]; readonly withinMs: number; close(): Promise<void> };

/** Two connections to one file. The store's lock is not taken, since it would keep the second process out. */
async function twoOnSqlite(): Promise<Two> {
  const path = join(folder, "service.sqlite");
  const first = await connectSqlite(path, () => {});
  const second = await connectSqlite(path, () => {}, true);
  return {
    stores: [first, second],
    // Two looks, and a moment for the answer.
    withinMs: 2 * FOLLOW_MS + 1_000,
    close: async () => {
      await first.close();
      await second.close();
    },
  };
}

test("a store that this process has alone is not looked at while somebody waits", async () => {
  const path = join(folder, "service.sqlite");
  const [alone, shared] = [await openSqlite(path), await connectSqlite(path, () => {}, true)];
  vi.useFakeTimers();
  try {
    const stopAlone = alone.follow(() => {});
    expect(vi.getTimerCount()).toBe(0);
    const stopShared = shared.follow(() => {});
    expect(vi.getTimerCount()).toBe(1);
    stopAlone();
    stopShared();
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
    await alone.close();
    await shared.close();
  }
});

async function twoInterleaved(): Promise<Two> {
  const all = await interleavedStore(join(folder, "service.sqlite"), 1);
  return { stores: [all.connect(), all.connect()], withinMs: 1_000, close: async () => all.close() };
}

describe.each([
  ["SQLite", twoOnSqlite],
  ["interleaved statements", twoInterleaved],
])("of two processes on %s,", (_what, start) => {
  let two: Two;
  let here: CallService;
  let there: CallService;
  beforeEach(async () => {
    two = await start();
    here = await processOn(two.stores[0]);
    there = await processOn(two.stores[1]);
  });
  afterEach(() => two.close());

  test("a write through one process wakes those who wait at the other, in one history", async () => {
    const { signInAt } = await newAccount(here);
    const [writer, follower] = [await signInAt(here), await signInAt(there)];
    const { cursor } = await follower.call("events.wait", { waitMs: 0 });
    expect(cursor).toEqual((await writer.call("events.wait", { waitMs: 0 })).cursor);
    for (const revision of [2, 3]) {
      const { cursor: before } = await follower.call("events.wait", { waitMs: 0 });
      const waiting = follower.call("events.wait", { cursor: before, waitMs: serviceLimits.waitMs });
      const begun = performance.now();
      await writer.call("users.putData", { data: { revision, sealed: "AAAA" } });
      const told = await waiting;
      expect(told.events).toMatchObject([{ kind: "user" }]);
      expect(told.replaced).toBeUndefined();
      expect(performance.now() - begun).toBeLessThan(two.withinMs);
    }
  });

  test("a device that is removed through one process learns it at the other", async () => {
    const { signInAt } = await newAccount(here);
    const device = newId(crypto);
    const [owner, removed] = [await signInAt(here), await signInAt(there, device)];
    const { cursor } = await removed.call("events.wait", { waitMs: 0 });
    const begun = performance.now();
    const waiting = removed.call("events.wait", { cursor, waitMs: serviceLimits.waitMs });
    const told = expect(waiting).rejects.toMatchObject({ name: "deviceRemoved" });
    await owner.call("devices.remove", { device });
    await told;
    expect(performance.now() - begun).toBeLessThan(two.withinMs);
  });
});

test("no process looks for changes of others while nobody waits", async () => {
  const store = await openSqlite(join(folder, "service.sqlite"));
  let following = 0;
  const changes = createChanges({
    follow: (wake) => {
      following++;
      const stop = store.follow(wake);
      return () => {
        following--;
        stop();
      };
    },
  });
  expect(following).toBe(0);
  const enough = new AbortController();
  const waits = ["a", "b"].map((account) => changes.wait(account, serviceLimits.waitMs, enough.signal));
  expect(following).toBe(1);
  changes.announce("a");
  await waits[0];
  expect(following).toBe(1);
  enough.abort();
  await waits[1];
  expect(following).toBe(0);
  await store.close();
});

test("a reader who follows a cursor misses none of several concurrent writes", async () => {
  for (let seed = 1; seed <= 4; seed++) {
    const all = await interleavedStore(join(folder, `${seed}.sqlite`), seed);
    const store = all.connect();
    const call = await processOn(store);
    const { signInAt, pen } = await newAccount(call);
    const writers = [];
    for (const vault of [newId(crypto), newId(crypto), newId(crypto)]) {
      const session = await signInAt(call, newId(crypto));
      const key = newVaultKey(crypto);
      await session.call("vaults.create", pen.newVault(vault, key));
      writers.push(async () => {
        const item = newId(crypto);
        await session.call("items.put", { vault, item, sealed: pen.item(vault, key, item, 1) });
      });
    }
    const follower = await signInAt(call);
    let { cursor } = await follower.call("events.wait", { waitMs: 0 });
    let writing = true;
    const heard: number[] = [];
    const follow = async () => {
      for (;;) {
        const isLast = !writing;
        const told = await follower.call("events.wait", { cursor, waitMs: 0 });
        heard.push(...told.events.map(({ seq }) => seq));
        ({ cursor } = told);
        if (isLast) return;
      }
    };
    const from = cursor.seq;
    const following = follow();
    // Each is in a vault of its own. The account's row is the only common one.
    for (let round = 0; round < 3; round++) await Promise.all(writers.map((write) => write()));
    writing = false;
    await following;
    const rows = await store.db.selectFrom("events").select("seq").where("seq", ">", from).orderBy("seq").execute();
    expect(heard).toEqual(rows.map(({ seq }) => seq));
    all.close();
  }
});

test("changes of an account are numbered in the order of their commits, however long a write goes on", async () => {
  for (let seed = 1; seed <= 12; seed++) {
    const all = await interleavedStore(join(folder, `${seed}.sqlite`), seed);
    const store = all.connect();
    await store.write((db) => db.insertInto("accounts").values({ id: "a", created_at: "now" }).execute());
    const slowWrite = () =>
      store.write(async (db) => {
        await recordChanges(db, "a", [{ kind: "user" }]);
        for (let step = 0; step < 5; step++) await lastChangeOf(db, "a");
      });
    const after = async (seq: number) =>
      (await store.db.selectFrom("events").select("seq").where("seq", ">", seq).orderBy("seq").execute()).map(
        (row) => row.seq,
      );
    let writing = true;
    const heard: number[] = [];
    const follow = async () => {
      for (let isLast = false; !isLast; ) {
        isLast = !writing;
        heard.push(...(await after(heard.at(-1) ?? 0)));
      }
    };
    const following = follow();
    await Promise.all([slowWrite(), slowWrite(), slowWrite()]);
    writing = false;
    await following;
    expect(heard).toEqual(await after(0));
    expect(heard).toHaveLength(3);
    all.close();
  }
});
