// An older copy of a store is put back. An agent that followed the store must notice it, however far the copy has grown since. A cursor of
// changes belongs to one history, and is more than a number.
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { OpenAccount } from "../../clients/account/open-account.ts";
import { createServiceClient, EMBEDDED_ORIGIN } from "../../clients/account/service-client.ts";
import { offered } from "../../daemon/account/account.ts";
import { type Cache, createCache } from "../../daemon/account/cache.ts";
import type { News } from "../../daemon/account/capabilities.ts";
import { takeNews } from "../../daemon/account/changes.ts";
import { createResolver, isMissing } from "../../daemon/account/resolver.ts";
import { sealedAccount } from "../../daemon/session/sealed-account.ts";
import { newId } from "../../protocol/crypto/encoding.ts";
import { type App, createApp } from "../../service/app.ts";
import { beginGeneration, GENERATIONS_MAX, isInHistory } from "../../service/change/history.ts";
import { nodePrimitives } from "../../service/primitives.ts";
import { openSqlite } from "../../service/store/sqlite.ts";
import type { Store } from "../../service/store/store.ts";
import { fakeClock } from "../daemon/host/fake-clock.ts";
import { crypto, type Door, details, newUser, open, overview, type User } from "./doors.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "postern-back-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A service whose file can be copied, and replaced while it is stopped. */
async function service() {
  const path = join(folder, "service.sqlite");
  let running: { store: Store; app: App } | undefined;
  let copies = 0;
  const start = async () => {
    const store = await openSqlite(path);
    const parts = { store, primitives: nodePrimitives, origin: EMBEDDED_ORIGIN };
    const onUnforeseen = (thrown: unknown) => {
      throw thrown;
    };
    running = { store, app: await createApp({ ...parts, onUnforeseen }) };
  };
  const stop = async () => {
    await running?.store.close();
    running = undefined;
  };
  await start();
  const fetch = async (request: Request) => {
    if (running === undefined) throw new TypeError("fetch failed");
    return running.app.fetch(request);
  };
  const address = { origin: EMBEDDED_ORIGIN, fetch };
  const door: Door = {
    address,
    call: createServiceClient(address),
    registrationToken: undefined,
    folder,
    close: stop,
  };
  return {
    door,
    restart: async () => {
      await stop();
      await start();
    },
    /** Copies the file of a running service, as a backup tool does. */
    copy: () => {
      const copy = join(folder, `copy-${copies++}.sqlite`);
      const database = new DatabaseSync(path, { readOnly: true });
      database.exec(`VACUUM INTO '${copy}'`);
      database.close();
      return copy;
    },
    putBack: async (copy: string) => {
      await stop();
      copyFileSync(copy, path);
      await start();
    },
    stop,
  };
}

type Agent = {
  poll(): Promise<News["replaced"][]>;
  read(title: string): Promise<{ value: string; cached: boolean }>;
};

/** The parts of an agent that follow a service: account, cache, resolver, and the handling of changes. */
function agentOf(open: OpenAccount, cache: Cache): Agent {
  const resolver = createResolver(fakeClock());
  const call = () => Promise.reject(new Error("nothing else is asked of the service"));
  const account = sealedAccount({ crypto, open, session: { call }, byToken: false });
  const unlocked = { account, cache };
  const followed = offered(account, "feed").follow();
  return {
    poll: async () => {
      const replaced: News["replaced"][] = [];
      for (;;) {
        const news = await followed.next(AbortSignal.timeout(20_000), 0);
        takeNews(unlocked, news, {
          begun: () => undefined,
          changed: () => undefined,
          replaced: (how) => replaced.push(how),
        });
        if (news.changes.length === 0) return replaced;
      }
    },
    read: async (title) => {
      const found = await resolver.locate(unlocked, `op://Demo/${title}/password`);
      if (isMissing(found)) throw found.error;
      return found.read();
    },
  };
}

async function twoAgents(door: Door, who: User) {
  const opened = await Promise.all([open(door, who), open(door, { ...who, device: newId(crypto) })]);
  return opened.map(({ account }) => ({
    account,
    agent: agentOf(
      account,
      createCache(crypto, () => 0),
    ),
  }));
}

const TITLES = ["A", "B"] as const;

async function written() {
  const { door, ...rest } = await service();
  const who = await newUser(door);
  const [one, two] = await twoAgents(door, who);
  if (one === undefined || two === undefined) throw new Error("two agents were opened");
  const { id: vault } = await one.account.createVault("Demo", "");
  const ids = new Map<string, string>();
  for (const title of TITLES)
    ids.set(title, (await one.account.createItem(vault, overview(title), details("first"))).id);
  const truth = async (title: string) => {
    const item = await one.account.getItem(vault, ids.get(title) ?? "");
    return item.details.fields[0]?.value;
  };
  const write = async (title: string, value: string) => {
    const item = await one.account.getItem(vault, ids.get(title) ?? "");
    await one.account.putItem(vault, item.id, item.revision, { ...item, details: details(value) });
  };
  return { door, ...rest, agents: [one.agent, two.agent], truth, write };
}

describe("an agent whose service was put back", () => {
  test("forgets its cached values when the store is behind its cursor", async () => {
    const { agents, write, copy, putBack, stop } = await written();
    const [agent] = agents;
    const before = await copy();
    await write("A", "newer");
    await agent?.poll();
    await agent?.read("A");
    await putBack(before);
    expect(await agent?.poll()).toEqual(["olderCopy"]);
    expect(await agent?.read("A")).toMatchObject({ value: "first", cached: false });
    await stop();
  });

  test("forgets them when the store has grown past its cursor again, with other changes", async () => {
    const { agents, write, copy, putBack, stop } = await written();
    const [agent] = agents;
    const before = await copy();
    await write("A", "newer");
    await agent?.poll();
    expect(await agent?.read("A")).toMatchObject({ value: "newer" });
    await putBack(before);
    for (const value of ["x", "y", "z"]) await write("B", value);
    expect(await agent?.poll()).toEqual(["olderCopy"]);
    expect(await agent?.read("A")).toMatchObject({ value: "first", cached: false });
    await stop();
  });

  test("forgets them when the same copy is put back once more", async () => {
    const { agents, write, copy, putBack, stop } = await written();
    const [agent] = agents;
    await agent?.poll();
    const before = await copy();
    await putBack(before);
    await write("A", "of the first time");
    await agent?.poll();
    await agent?.read("A");
    await putBack(before);
    await write("B", "of the second time");
    expect(await agent?.poll()).toEqual(["olderCopy"]);
    expect(await agent?.read("A")).toMatchObject({ value: "first", cached: false });
    await stop();
  });

  test("goes on as before when the service only restarted", async () => {
    const { agents, write, restart, stop } = await written();
    const [agent] = agents;
    await agent?.poll();
    await agent?.read("A");
    await agent?.read("B");
    await restart();
    await write("B", "newer");
    expect(await agent?.poll()).toEqual([]);
    expect(await agent?.read("A")).toMatchObject({ value: "first", cached: true });
    expect(await agent?.read("B")).toMatchObject({ value: "newer", cached: false });
    await stop();
  });

  test("goes on as before when the copy lacks no change that it knows", async () => {
    const { agents, copy, putBack, stop } = await written();
    const [agent] = agents;
    await agent?.poll();
    await agent?.read("A");
    await putBack(await copy());
    expect(await agent?.poll()).toEqual([]);
    expect(await agent?.read("A")).toMatchObject({ value: "first", cached: true });
    await stop();
  });
});

type Step =
  | { readonly kind: "write"; readonly title: "A" | "B" }
  | { readonly kind: "restart" }
  | { readonly kind: "copy" }
  | { readonly kind: "putBack"; readonly which: number }
  | { readonly kind: "poll" | "read"; readonly agent: number; readonly title: "A" | "B" };

const steps = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant("write" as const), title: fc.constantFrom(...TITLES) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom("restart" as const, "copy" as const) }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant("putBack" as const), which: fc.nat(9) }) },
    {
      weight: 8,
      arbitrary: fc.record({
        kind: fc.constantFrom("poll" as const, "read" as const),
        agent: fc.nat(1),
        title: fc.constantFrom(...TITLES),
      }),
    },
  ),
  { minLength: 8, maxLength: 40 },
);

test("whatever is written, copied, put back and restarted, an agent that asked the service answers nothing old", async () => {
  const { agents, truth, write, restart, copy, putBack, stop } = await written();
  let values = 0;
  const copies = [await copy()];
  const agentAt = (index: number) => agents[index] ?? agents[0];
  const take = async (step: Step): Promise<void> => {
    if (step.kind === "write") return write(step.title, `value ${values++}`);
    if (step.kind === "restart") return restart();
    if (step.kind === "copy") return void copies.push(await copy());
    if (step.kind === "putBack") return putBack(copies[step.which % copies.length] ?? "");
    const agent = agentAt(step.agent);
    if (step.kind === "read") return void (await agent?.read(step.title));
    await agent?.poll();
    for (const title of TITLES) expect((await agent?.read(title))?.value).toBe(await truth(title));
  };
  await fc.assert(
    fc.asyncProperty(steps, async (all) => {
      for (const step of all) await take(step);
      for (const agent of [0, 1]) await take({ kind: "poll", agent, title: "A" });
    }),
    { numRuns: 15 },
  );
  await stop();
}, 60_000);

describe("the history of a store", () => {
  test("differs in each store, and goes on after a restart", async () => {
    const first = await openSqlite(join(folder, "first.sqlite"));
    const one = await beginGeneration(first, crypto);
    const two = await beginGeneration(first, crypto);
    expect(two.store).toBe(one.store);
    expect(two.generation).not.toBe(one.generation);
    const second = await openSqlite(join(folder, "second.sqlite"));
    const other = await beginGeneration(second, crypto);
    expect(other.store).not.toBe(one.store);
    expect(await isInHistory(first.db, two, { ...one, seq: 0 })).toBe(true);
    expect(await isInHistory(first.db, two, { ...one, seq: 1 })).toBe(false);
    expect(await isInHistory(second.db, other, { ...one, seq: 0 })).toBe(false);
    expect(await isInHistory(second.db, other, { ...other, generation: one.generation, seq: 0 })).toBe(false);
    await first.close();
    await second.close();
  });

  test("keeps a thousand starts, and then forgets the first", async () => {
    const store = await openSqlite(join(folder, "service.sqlite"));
    const first = await beginGeneration(store, crypto);
    const rows = Array.from({ length: GENERATIONS_MAX - 2 }, () => ({ id: newId(crypto), after_seq: 0 }));
    await store.db.insertInto("generations").values(rows).execute();
    await beginGeneration(store, crypto);
    expect(await isInHistory(store.db, first, { ...first, seq: 0 })).toBe(true);
    await beginGeneration(store, crypto);
    expect(await isInHistory(store.db, first, { ...first, seq: 0 })).toBe(false);
    await store.close();
  });
});
