// A kept list of names, seen from a connection. The test counts the requests to the service.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { STALE_MS_MAX } from "../../daemon/account/changes.ts";
import { CHANGED_MAX } from "../../daemon/account/kept-lists.ts";
import { serviceLimits } from "../../protocol/service-catalogue.ts";
import { inProcess } from "../service/doors.ts";
import { type InProcessAgent, passing, startInProcess } from "./in-process.ts";
import { attachPerson, makeAccount, type Person } from "./person.ts";
import { openRaw, type Raw } from "./raw.ts";

const AWKWARD = 'quotes " and \\, a line\u2028separator, \ud83d\udddd, half a \ud800 character';
/** More names than a socket takes at once. */
const ITEMS = 900;

let agent: InProcessAgent;
let closeService: () => Promise<void>;
let person: Person;
let raw: Raw;
let vaultId: string;
/** Requests to the service: for pages of names, and for names of single items. */
let asked: { pages: number; rows: number };
/** Fails requests that wait for changes, as if the service went away. */
let gone: PromiseWithResolvers<never>;
const cut = () => gone.reject(new TypeError("fetch failed"));
/** Runs between an answer of the service and its arrival. */
let onTheWay: ((operation: string) => Promise<void>) | undefined;

beforeEach(async () => {
  const door = await inProcess();
  closeService = door.close;
  asked = { pages: 0, rows: 0 };
  onTheWay = undefined;
  gone = Promise.withResolvers();
  gone.promise.catch(() => undefined);
  const fetch: typeof door.address.fetch = async (request) => {
    if (request.url.endsWith("events.wait")) return Promise.race([door.address.fetch(request), gone.promise]);
    if (request.url.endsWith("items.list")) asked.pages++;
    if (request.url.endsWith("items.overviews")) asked.rows++;
    const response = await door.address.fetch(request);
    await onTheWay?.(request.url.slice(request.url.lastIndexOf("/") + 1));
    return response;
  };
  agent = await startInProcess(undefined, { ...door, address: { ...door.address, fetch } });
  await passing(agent, makeAccount(agent));
  person = await passing(agent, attachPerson(agent));
  person.always("yes");
  ({ id: vaultId } = await passing(agent, person.channel.call("vaults.create", { title: "Demo" })));
  for (let made = 0; made < ITEMS; made += 100) {
    const items = Array.from({ length: 100 }, (_, index) => ({
      vaultId,
      title: `${made + index} ${AWKWARD}`,
      category: "Login" as const,
      websites: [{ url: "https://example.com", label: AWKWARD, autofillBehavior: "Never" as const }],
    }));
    await passing(agent, person.channel.call("items.createAll", { vaultId, items }));
  }
  raw = await openRaw(agent.socket);
});
afterEach(async () => {
  raw.close();
  person.leave();
  await agent.close();
  await closeService();
});

const list = (id: unknown, more: object = {}) => ({
  jsonrpc: "2.0",
  id,
  method: "items.list",
  params: { vaultId, ...more },
});
const status = (id: unknown) => ({ jsonrpc: "2.0", id, method: "agent.status" });
const ask = (request: object) => passing(agent, raw.ask(request));

type Listed = { items: { id: string; title: string }[]; more: boolean };

/** The list as it is read from the service. */
async function first(): Promise<Listed> {
  const before = asked.pages;
  const result = (await ask(list("first"))).result as Listed;
  expect(asked.pages).toBeGreaterThan(before);
  expect(result.items.map(({ title }) => title).sort()).toEqual(
    Array.from({ length: ITEMS }, (_, index) => `${index} ${AWKWARD}`).sort(),
  );
  return result;
}

describe("a list that was kept", { timeout: 60_000 }, () => {
  test("equals the first answer, under any id, alone and in a batch, without a request to the service", async () => {
    const result = await first();
    const before = { ...asked };
    for (const id of [1, "text", "", AWKWARD, '"},"result":{}'])
      expect(await ask(list(id))).toEqual({ jsonrpc: "2.0", id, result });
    raw.send(`${JSON.stringify([list("a"), status("b"), list("c")])}\n`);
    const batch = (await passing(agent, raw.next())) as unknown as { id: string; result: unknown }[];
    expect(batch.map(({ id }) => id)).toEqual(["a", "b", "c"]);
    expect([batch[0]?.result, batch[2]?.result]).toEqual([result, result]);
    expect(asked).toEqual(before);
  });

  test("comes whole between other answers of its connection", async () => {
    const result = await first();
    const requests = Array.from({ length: 6 }, (_, index) => [status(`s${index}`), list(`l${index}`)]).flat();
    raw.send(requests.map((one) => `${JSON.stringify(one)}\n`).join(""));
    const answers = new Map<unknown, Record<string, unknown> | undefined>();
    for (const _ of requests) {
      const answer = await passing(agent, raw.next());
      answers.set(answer?.id, answer);
    }
    expect([...answers.keys()].sort()).toEqual(requests.map(({ id }) => id).sort());
    for (let index = 0; index < 6; index++) expect(answers.get(`l${index}`)?.result).toEqual(result);
  });

  test("is not the list of other states, nor of another vault", async () => {
    await first();
    expect((await ask(list(1, { archived: true, active: false }))).result).toEqual({ items: [], more: false });
    const { id: other } = await passing(agent, person.channel.call("vaults.create", { title: "Other" }));
    expect((await ask(list(2, { vaultId: other }))).result).toEqual({ items: [], more: false });
  });

  test("is requested again where it changed, and nowhere else", async () => {
    const result = await first();
    const itemId = result.items[0]?.id ?? "";
    await passing(agent, person.channel.call("items.delete", { vaultId, itemId }));
    const before = { ...asked };
    expect((await ask(list(1))).result).toEqual({ ...result, items: result.items.slice(1) });
    expect(asked.pages).toBe(before.pages);
    expect(asked.rows).toBeGreaterThan(before.rows);
    const made = await passing(
      agent,
      person.channel.call("items.create", { item: { vaultId, title: "New", category: "Login" } }),
    );
    const titles = ((await ask(list(2))).result as Listed).items.map(({ title }) => title);
    expect(titles.filter((title) => title === "New")).toHaveLength(1);
    await passing(agent, person.channel.call("items.put", { item: { ...made, title: "Renamed" } }));
    const { items } = (await ask(list(3))).result as Listed;
    expect(items).toHaveLength(ITEMS);
    expect(items.find(({ id }) => id === made.id)?.title).toBe("Renamed");
    expect(asked.pages).toBe(before.pages);
  });

  test("is read anew when more of it changed than the agent requests by name", async () => {
    const result = await first();
    const itemIds = result.items.slice(0, CHANGED_MAX + 1).map(({ id }) => id);
    for (let at = 0; at < itemIds.length; at += 50)
      await passing(agent, person.channel.call("items.deleteAll", { vaultId, itemIds: itemIds.slice(at, at + 50) }));
    const before = asked.pages;
    const listed = (await ask(list(1))).result as Listed;
    expect(listed.items).toEqual(result.items.slice(CHANGED_MAX + 1));
    expect(asked.pages).toBeGreaterThan(before);
  });

  test("comes in pages of any length, and the same whole", async () => {
    const result = await first();
    for (const limit of [1, 7, 450, ITEMS - 1, ITEMS, ITEMS + 1]) {
      const items: Listed["items"] = [];
      for (let more = true; more; ) {
        const after = items.at(-1)?.id;
        const page = (await ask(list(limit, { limit, ...(after === undefined ? {} : { after }) }))).result as Listed;
        expect(page.items.length).toBe(Math.min(limit, ITEMS - items.length));
        items.push(...page.items);
        ({ more } = page);
        if (limit === 1 && items.length === 20) break;
      }
      expect(items).toEqual(result.items.slice(0, limit === 1 ? 20 : ITEMS));
    }
  });

  test("also comes in pages when it is not kept, and says if others follow", async () => {
    const titles: string[] = [];
    for (let after = {}, more = true; more; ) {
      const page = (await ask(list(1, { limit: serviceLimits.page, ...after }))).result as Listed;
      titles.push(...page.items.map(({ title }) => title));
      after = { after: page.items.at(-1)?.id };
      ({ more } = page);
    }
    expect(titles).toEqual(((await ask(list(2))).result as Listed).items.map(({ title }) => title));
  });

  test("has every permanent item exactly once, whatever comes and goes between its pages", async () => {
    const there = (await first()).items.map(({ id }) => id);
    let writing = true;
    const write = async () => {
      for (let count = 0; count < 40; count++) {
        const item = { vaultId, title: "passing", category: "Login" as const };
        const made = await person.channel.call("items.create", { item });
        await person.channel.call("items.put", { item: { ...made, title: "passing by" } });
        await person.channel.call("items.delete", { vaultId, itemId: made.id });
      }
      writing = false;
    };
    const written = passing(agent, write());
    let lists = 0;
    for (; writing; lists++) {
      const seen: string[] = [];
      for (let after = {}, more = true; more; ) {
        const page = (await ask(list("page", { limit: 50 + lists, ...after }))).result as Listed;
        seen.push(...page.items.map(({ id }) => id));
        after = { after: seen.at(-1) };
        ({ more } = page);
      }
      expect(seen).toEqual([...new Set(seen)].sort());
      expect(there.filter((id) => !seen.includes(id))).toEqual([]);
    }
    await written;
    expect(lists).toBeGreaterThan(1);
    expect(((await ask(list("last"))).result as Listed).items.map(({ id }) => id)).toEqual(there);
  });

  test.each(["items.list", "items.overviews"])(
    "never shows the state before a change that came while %s was answered",
    async (operation) => {
      const { channel } = person;
      const { id: other } = await passing(agent, channel.call("vaults.create", { title: "Other" }));
      const make = (title: string) =>
        passing(agent, channel.call("items.create", { item: { vaultId: other, title, category: "Login" } }));
      const made = [await make("a"), await make("b")];
      const rename = (index: number, title: string) => {
        const item = made[index];
        if (item === undefined) throw new Error("there is no such item");
        return passing(agent, channel.call("items.put", { item: { ...item, title } }));
      };
      const listed = async () => ((await ask(list("other", { vaultId: other }))).result as Listed).items;
      const titles = async () => (await listed()).map(({ title }) => title).sort();
      if (operation === "items.overviews") {
        await listed();
        await rename(0, "a2");
      }
      onTheWay = async (asking) => {
        if (asking !== operation) return;
        onTheWay = undefined;
        await rename(1, "b2");
      };
      expect((await listed()).map(({ id }) => id)).toEqual(made.map(({ id }) => id).sort());
      expect(onTheWay).toBeUndefined();
      expect(await titles()).toEqual([operation === "items.list" ? "a" : "a2", "b2"]);
    },
  );

  test("is answered while the service is away, with its age; an unread or changed one is not", async () => {
    const result = await first();
    const away = async () => {
      agent.setMood("away");
      cut();
      for (let tries = 0; tries < 3; tries++) await passing(agent, raw.ask(status(tries)));
    };
    expect((await ask(list(1))).result).not.toHaveProperty("staleMs");
    await away();
    agent.clock.advance(5_000);
    const stale = (await ask(list(2))).result as Listed & { staleMs: number };
    expect(stale).toEqual({ ...result, staleMs: stale.staleMs });
    expect(stale.staleMs).toBeGreaterThanOrEqual(5_000);
    expect((await ask(list(3, { limit: 10 }))).result).toMatchObject({ more: true, staleMs: stale.staleMs });
    expect(await ask(list(4, { archived: true }))).toMatchObject({ error: { data: { name: "offline" } } });
    const { vaults, staleMs } = await passing(agent, person.channel.call("vaults.list", {}));
    expect([vaults.length, (staleMs ?? 0) >= 5_000]).toEqual([2, true]);
    expect(await passing(agent, person.channel.call("environments.list", {}))).toMatchObject({ staleMs });
    // In steps, so that the account does not lock.
    for (let part = 0; part < 3; part++) {
      expect((await ask(list(part))).result).toHaveProperty("staleMs");
      agent.clock.advance(STALE_MS_MAX / 3);
    }
    await ask(status(6));
    expect(await ask(list(5))).toMatchObject({ error: { data: { name: "offline" } } });
  });

  test("is answered neither while locked nor for an unknown vault", async () => {
    await first();
    expect(await ask(list(2, { vaultId: "a".repeat(26) }))).toHaveProperty("error");
    await passing(agent, person.channel.call("session.lock", {}));
    expect(await ask(list(3))).toMatchObject({ error: { data: { name: "locked" } } });
  });
});
