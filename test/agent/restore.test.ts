// Two agents restore one account at one service. Each is held at a request until the other has moved. In the end one of them has the
// account, on the one listed device. And a program without a grant calls accounts.restore: it blocks nobody, and nothing of it continues
// after it has gone.
import { existsSync, readdirSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { REQUEST_MS } from "../../clients/account/service-client.ts";
import type { OperationName } from "../../protocol/service-catalogue.ts";
import { dump, type InProcess, inProcess } from "../service/doors.ts";
import { type InProcessAgent, passing, startInProcess } from "./in-process.ts";
import { attachPerson, makeAccount, PASSWORD } from "./person.ts";

const ITEMS = 3;

let source: InProcessAgent;
let kit: Awaited<ReturnType<typeof makeAccount>>;
let backup: string;
let door: InProcess;
const running = new Set<InProcessAgent>();

beforeAll(async () => {
  source = await startInProcess();
  kit = await passing(source, makeAccount(source));
  const person = await passing(source, attachPerson(source));
  person.always("yes");
  const { id: vaultId } = await passing(source, person.channel.call("vaults.create", { title: "Demo" }));
  const items = Array.from({ length: ITEMS }, (_, index) => ({
    ...{ vaultId, title: `Item ${index}`, category: "Password" as const },
    fields: [],
  }));
  await passing(source, person.channel.call("items.createAll", { vaultId, items }));
  const { handle } = await passing(source, person.channel.call("accounts.backup", { password: PASSWORD }));
  const chunk = await passing(source, person.channel.call("files.readChunk", { handle }));
  expect(chunk.last).toBe(true);
  backup = chunk.content;
  person.leave();
});
afterAll(() => source.close());
beforeEach(async () => {
  door = await inProcess();
});
afterEach(async () => {
  for (const agent of running) await agent.close();
  running.clear();
  await door.close();
});

/** An agent at the service. The test sees its requests before the service does. */
async function agentAt(before: (operation: string) => unknown = () => undefined): Promise<InProcessAgent> {
  const fetch = async (request: Request) => {
    await before(request.url.split("/").at(-1) ?? "");
    return door.address.fetch(request);
  };
  const agent = await startInProcess(undefined, { ...door, address: { ...door.address, fetch } });
  running.add(agent);
  return agent;
}

/** An agent whose nth request of this name waits. */
async function holding(name: OperationName, nth = 1) {
  const there = Promise.withResolvers<void>();
  const going = Promise.withResolvers<void>();
  let requests = 0;
  const agent = await agentAt(async (operation) => {
    if (operation !== name || ++requests !== nth) return;
    there.resolve();
    await going.promise;
  });
  return { agent, there: there.promise, goOn: going.resolve };
}

async function handedOver(agent: InProcessAgent) {
  const channel = await agent.connect();
  const { handle } = await channel.call("accounts.openRestore", {});
  await channel.call("files.writeChunk", { handle, content: backup });
  return { channel, params: { handle, password: PASSWORD, secretKey: kit.secretKey } };
}

const outcomeOf = (attempt: Promise<unknown>): Promise<string> =>
  attempt.then(
    () => "whole",
    (error: { errorName: string; message: string }) => `${error.errorName}: ${error.message}`,
  );

async function restoreIn(agent: InProcessAgent, more: { service?: string } = {}): Promise<string> {
  const { channel, params } = await handedOver(agent);
  const outcome = await passing(agent, outcomeOf(channel.call("accounts.restore", { ...params, ...more })));
  channel.close();
  return outcome;
}

/** Expects that this agent has the account, on the one listed device, and can open it again. */
async function demandAlone(agent: InProcessAgent): Promise<void> {
  const channel = await agent.connect();
  const devices = () => passing(agent, channel.call("devices.list", { password: PASSWORD }));
  expect((await devices()).devices).toMatchObject([{ thisOne: true }]);
  await passing(agent, channel.call("session.lock", {}));
  await passing(agent, channel.call("session.unlock", { password: PASSWORD }));
  expect((await devices()).devices).toMatchObject([{ thisOne: true }]);
  channel.close();
}

async function stateOf(agent: InProcessAgent): Promise<string> {
  const channel = await agent.connect();
  const { state } = await channel.call("agent.status", {});
  channel.close();
  return state;
}

const signIn = async (agent: InProcessAgent, more: { password?: string } = {}): Promise<string> => {
  const channel = await agent.connect();
  const { account, user, secretKey } = kit;
  const params = { account, user, secretKey, password: PASSWORD, ...more };
  return passing(agent, outcomeOf(channel.call("accounts.signIn", params))).finally(() => channel.close());
};

test("of two agents the one that comes while the other writes takes over, and the other has no account", async () => {
  const first = await holding("items.put", ITEMS);
  const overtaken = restoreIn(first.agent);
  await first.there;
  const second = await agentAt();
  expect(await restoreIn(second)).toBe("whole");
  first.goOn();
  expect(await overtaken).toMatch(/^conflict: .*another restore of the account took it over/);
  expect(await stateOf(first.agent)).toBe("signedOut");
  await demandAlone(second);
});

test("an agent that finishes while another comes keeps its device, and the other is refused", async () => {
  const first = await holding("accounts.endRestore");
  const finishing = restoreIn(first.agent);
  await first.there;
  const second = await holding("signIn.start");
  const late = restoreIn(second.agent);
  await second.there;
  first.goOn();
  expect(await finishing).toBe("whole");
  second.goOn();
  expect(await late).toMatch(/^conflict: .*is not being restored/);
  expect(await stateOf(second.agent)).toBe("signedOut");
  await demandAlone(first.agent);
});

test("an agent that looked before the other finished has the account, and not both of them", async () => {
  const first = await holding("accounts.endRestore");
  const overtaken = restoreIn(first.agent);
  await first.there;
  const second = await holding("items.getAll");
  const looking = restoreIn(second.agent);
  await second.there;
  first.goOn();
  expect(await overtaken).toMatch(/^conflict: .*took it over/);
  second.goOn();
  expect(await looking).toBe("whole");
  await demandAlone(second.agent);
});

test("an account whose restoring agent was lost at its last step is signed in to, and shows the device to remove", async () => {
  const lost = await agentAt();
  expect(await restoreIn(lost)).toBe("whole");
  running.delete(lost);
  await lost.close();
  const agent = await agentAt();
  expect(await restoreIn(agent)).toMatch(/^conflict: .*is not being restored/);
  expect(await signIn(agent)).toBe("whole");
  const channel = await agent.connect();
  const { devices } = await passing(agent, channel.call("devices.list", { password: PASSWORD }));
  expect(devices.map(({ thisOne }) => thisOne).sort()).toEqual([false, true]);
  const device = devices.find(({ thisOne }) => !thisOne)?.device ?? "";
  await passing(agent, channel.call("devices.remove", { password: PASSWORD, device }));
  channel.close();
  await demandAlone(agent);
});

const ofAccounts = [
  ...(["accounts", "users", "devices", "sessions", "groups", "group_members"] as const),
  ...(["vaults", "vault_grants", "items", "item_versions", "events"] as const),
];

test("half an account is not signed in to: the refusal names the next step, and nothing is written", async () => {
  const half = await agentAt((operation) => {
    if (operation === "items.put") throw new TypeError("fetch failed");
  });
  expect(await restoreIn(half)).toMatch(/^offline/);
  const agent = await agentAt();
  const before = [dump(door.folder), await door.store.db.selectFrom("sessions").selectAll().execute()];
  expect(await signIn(agent, { password: "wrong password" })).toMatch(/^wrongCredentials/);
  expect(await signIn(agent)).toMatch(/^restoreUnfinished: .*is being restored/);
  const after = [dump(door.folder), await door.store.db.selectFrom("sessions").selectAll().execute()];
  expect(after).toEqual(before);
  const accounts = join(agent.home, "data", "accounts");
  expect(existsSync(accounts) ? readdirSync(accounts) : []).toEqual([]);
  expect(await stateOf(agent)).toBe("signedOut");
  expect(await restoreIn(agent)).toBe("whole");
  await demandAlone(agent);
});

test("an agent whose account is restored elsewhere after its service lost it is told so, and can let go of it", async () => {
  const agent = await agentAt();
  expect(await restoreIn(agent)).toBe("whole");
  const channel = await agent.connect();
  await passing(agent, channel.call("session.lock", {}));
  for (const table of ofAccounts) await door.store.db.deleteFrom(table).execute();
  const other = await agentAt((operation) => {
    if (operation === "items.put") throw new TypeError("fetch failed");
  });
  expect(await restoreIn(other)).toMatch(/^offline/);
  const before = dump(door.folder);
  const unlocking = outcomeOf(channel.call("session.unlock", { password: PASSWORD }));
  expect(await passing(agent, unlocking)).toMatch(/^restoreUnfinished/);
  const removed = await passing(agent, channel.call("accounts.remove", { password: PASSWORD }));
  expect(removed).toMatchObject({ deviceRemoved: true });
  expect(dump(door.folder)).toBe(before);
  expect(await stateOf(agent)).toBe("signedOut");
  channel.close();
});

test("a connection restores one at a time, and is told so at once", async () => {
  const held = await holding("items.put");
  const { channel, params } = await handedOver(held.agent);
  const first = outcomeOf(channel.call("accounts.restore", params));
  await passing(held.agent, held.there);
  const { handle } = await channel.call("accounts.openRestore", {});
  await channel.call("files.writeChunk", { handle, content: backup });
  const again = channel.call("accounts.restore", { ...params, handle });
  await expect(passing(held.agent, again)).rejects.toMatchObject({ errorName: "busy" });
  held.goOn();
  expect(await passing(held.agent, first)).toBe("whole");
  channel.close();
});

test("programs whose service never answers keep nobody from restoring, and let go when they have gone", async () => {
  const open = new Set<object>();
  const silent = createServer((request, response) => {
    open.add(request);
    response.once("close", () => open.delete(request));
  });
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  const service = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
  const agent = await agentAt();
  const hanging = await Promise.all(Array.from({ length: 6 }, () => handedOver(agent)));
  const outcomes = hanging.map(({ channel, params }) =>
    outcomeOf(channel.call("accounts.restore", { ...params, service })),
  );
  await expect.poll(() => open.size, { timeout: 20_000 }).toBe(hanging.length);
  expect(await restoreIn(agent)).toBe("whole");
  expect(open.size).toBe(hanging.length);
  for (const { channel } of hanging) channel.close();
  await Promise.all(outcomes);
  // Earlier than the requests would end by themselves.
  await expect.poll(() => open.size, { timeout: REQUEST_MS / 2 }).toBe(0);
  await demandAlone(agent);
  silent.close();
});

test("a restore that is called off stops where it is, and the same again goes on", async () => {
  const held = await holding("items.put", 2);
  const { channel, params } = await handedOver(held.agent);
  const off = new AbortController();
  const first = outcomeOf(channel.call("accounts.restore", params, { signal: off.signal }));
  await passing(held.agent, held.there);
  off.abort();
  // Lines are read in their order.
  await channel.call("agent.status", {});
  held.goOn();
  await first;
  const listed = () => door.store.db.selectFrom("devices").select("id").where("removed", "=", 0).execute();
  await expect.poll(listed, { timeout: 20_000 }).toEqual([]);
  expect(await stateOf(held.agent)).toBe("signedOut");
  const row = await door.store.db.selectFrom("accounts").select("restoring").executeTakeFirstOrThrow();
  expect(row.restoring).toBe(1);
  expect(await restoreIn(held.agent)).toBe("whole");
  await demandAlone(held.agent);
});
