// Lists that wait until their peer reads. Changes meanwhile count, and no request waits longer than it must.
import { afterEach, beforeEach, expect, test } from "vitest";
import { PREPARED_MAX } from "../../daemon/wire/long-answers.ts";
import { limits } from "../../protocol/limits.ts";
import { inProcess } from "../service/doors.ts";
import { type InProcessAgent, passing, startInProcess } from "./in-process.ts";
import { attachPerson, makeAccount, type Person } from "./person.ts";
import { openRaw, type Raw } from "./raw.ts";

/** The number of items, and the bytes of each in a list. The list is longer than the limit of unread bytes, so the next one waits. */
const ITEMS = 200;
const LABEL = "w".repeat(900);

let agent: InProcessAgent;
let closeService: () => Promise<void>;
let person: Person;
let raw: Raw;
let vaultId: string;
/** The service waits for this before it answers names. Also the number of such requests: now, and at most. */
let gate: (() => Promise<void>) | undefined;
let active: number;
let mostActive: number;

beforeEach(async () => {
  gate = undefined;
  active = 0;
  mostActive = 0;
  const door = await inProcess();
  closeService = door.close;
  const fetch: typeof door.address.fetch = async (request) => {
    if (!/items\.(list|overviews)$/.test(request.url)) return door.address.fetch(request);
    active++;
    mostActive = Math.max(mostActive, active);
    await gate?.();
    active--;
    return door.address.fetch(request);
  };
  agent = await startInProcess(undefined, { ...door, address: { ...door.address, fetch } });
  await passing(agent, makeAccount(agent));
  person = await passing(agent, attachPerson(agent));
  person.always("yes");
  vaultId = await newVault("Demo");
  raw = await openRaw(agent.socket);
});
afterEach(async () => {
  raw.close();
  person.leave();
  await agent.close();
  await closeService();
});

async function newVault(title: string): Promise<string> {
  return (await passing(agent, person.channel.call("vaults.create", { title }))).id;
}

const list = (id: unknown, vault = vaultId) => ({
  jsonrpc: "2.0",
  id,
  method: "items.list",
  params: { vaultId: vault },
});
const send = (...requests: object[]) => raw.send(requests.map((one) => `${JSON.stringify(one)}\n`).join(""));
const next = () => passing(agent, raw.next()) as Promise<{ id: unknown; result?: object; error?: object }>;

/** Fills the vault and requests lists of it on a connection that does not read. Fulfilled when the first list was made. */
async function unreadLists(ids: readonly unknown[]): Promise<void> {
  for (let made = 0; made < ITEMS; made += 100) {
    const website = {
      url: `https://example.com/${LABEL}`,
      label: LABEL.slice(0, 250),
      autofillBehavior: "Never" as const,
    };
    const items = Array.from({ length: 100 }, (_, index) => ({
      vaultId,
      title: `${made + index}`,
      category: "Login" as const,
      websites: Array.from({ length: 8 }, () => website),
    }));
    await passing(agent, person.channel.call("items.createAll", { vaultId, items }));
  }
  const warm = await passing(agent, raw.ask(list("warm")));
  expect(JSON.stringify(warm).length).toBeGreaterThan(limits.unsentBytesPause);
  raw.socket.pause();
  send(...ids.map((id) => list(id)));
  // When this is answered, on a connection that is read, everything that could be answered on the other one was.
  for (let round = 0; round < 20; round++) await passing(agent, person.channel.call("agent.status", {}));
}

test("a list that waited is refused where the grant was revoked meanwhile", { timeout: 60_000 }, async () => {
  await unreadLists([1, 2, 3, 4]);
  const { grants } = await passing(agent, person.channel.call("grants.list", {}));
  expect(grants.length).toBeGreaterThan(0);
  for (const { grant } of grants) await passing(agent, person.channel.call("grants.revoke", { grant }));
  raw.socket.resume();
  expect(await next()).toMatchObject({ id: 1, result: { items: expect.any(Array) } });
  for (const id of [2, 3, 4]) expect(await next()).toMatchObject({ id, error: { data: { name: "approvalRequired" } } });
});

test("a list that waited is refused where the account was locked meanwhile", { timeout: 60_000 }, async () => {
  await unreadLists([1, 2, 3]);
  await passing(agent, person.channel.call("session.lock", {}));
  raw.socket.resume();
  expect(await next()).toMatchObject({ id: 1, result: { items: expect.any(Array) } });
  for (const id of [2, 3]) expect(await next()).toMatchObject({ id, error: { data: { name: "locked" } } });
});

test("a list that waited tells what changed meanwhile", { timeout: 60_000 }, async () => {
  await unreadLists([1, 2]);
  await passing(
    agent,
    person.channel.call("items.create", { item: { vaultId, title: "Meanwhile", category: "Login" } }),
  );
  raw.socket.resume();
  const titles = async () => ((await next()).result as { items: { title: string }[] }).items.map(({ title }) => title);
  expect(await titles()).not.toContain("Meanwhile");
  expect(await titles()).toContain("Meanwhile");
});

test("a list that waits is called off at once, and its id is free", { timeout: 60_000 }, async () => {
  const slow = await newVault("Slow");
  await passing(agent, raw.ask(list("approved", slow)));
  await passing(agent, raw.ask(list("approved", vaultId)));
  await passing(agent, person.channel.call("items.create", { item: { vaultId: slow, title: "x", category: "Login" } }));
  const open = Promise.withResolvers<void>();
  gate = () => open.promise;
  // One more than may be prepared at once, so the last waits for a place.
  send(...Array.from({ length: PREPARED_MAX }, (_, index) => list(`slow ${index}`, slow)), list("waits"));
  send({ jsonrpc: "2.0", method: "$/cancelRequest", params: { id: "waits" } });
  expect(await next()).toMatchObject({ id: "waits", error: { data: { name: "cancelled" } } });
  send(list("waits"));
  open.resolve();
  const answers = [];
  for (let index = 0; index <= PREPARED_MAX; index++) answers.push(await next());
  expect(answers.every(({ result }) => result !== undefined)).toBe(true);
});

test("lists of several vaults are fetched side by side, a few at once", { timeout: 60_000 }, async () => {
  const vaults: string[] = [];
  for (let index = 0; index < 2 * PREPARED_MAX; index++) vaults.push(await newVault(`Vault ${index}`));
  for (const vault of vaults) await passing(agent, raw.ask(list("approved", vault)));
  for (const vault of vaults)
    await passing(
      agent,
      person.channel.call("items.create", { item: { vaultId: vault, title: "x", category: "Login" } }),
    );
  const together = Promise.withResolvers<void>();
  gate = () => {
    if (active === PREPARED_MAX) together.resolve();
    return together.promise;
  };
  send(...vaults.map((vault, index) => list(index, vault)));
  for (const _ of vaults) expect(await next()).toHaveProperty("result");
  expect(mostActive).toBe(PREPARED_MAX);
});
