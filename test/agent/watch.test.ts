// secrets.watch: a program is told that a value has changed, and never what it is.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Channel } from "../../clients/typescript/channel.ts";
import { PosternError } from "../../clients/typescript/generated.ts";
import { limits } from "../../protocol/limits.ts";
import { type InProcessAgent, passing, startInProcess } from "./in-process.ts";
import { attachPerson, makeAccount, PASSWORD, type Person, PIN } from "./person.ts";

const reference = "op://Demo/DB/password";

let agent: InProcessAgent;
let person: Person;
let channel: Channel;
let kit: Awaited<ReturnType<typeof makeAccount>>;
let vaultId: string;
let itemId: string;
/** The notifications of the watching connection, without the ids of items. */
let heard: { method: string; params: Record<string, unknown> }[];

const run = <T>(work: Promise<T>) => passing(agent, work);
const watched = (more: object = {}) => run(channel.call("secrets.watch", { reference, ...more }));
const nameOf = (error: unknown) => (error instanceof PosternError ? error.errorName : error);
const field = (value: string) => ({ id: "password", title: "password", fieldType: "Concealed" as const, value });

async function put(value: string, title = "DB"): Promise<void> {
  const item = await run(person.channel.call("items.get", { vaultId, itemId }));
  await run(person.channel.call("items.put", { item: { ...item, title, fields: [field(value)] } }));
}

/** Fulfilled once the agent has looked at every change so far: a later one of another item is told after them. */
async function settled(): Promise<void> {
  const item = { vaultId, title: `Mark ${heard.length}`, category: "Login" as const };
  const { id } = await run(person.channel.call("items.create", { item }));
  await expect.poll(() => heard.filter(({ params }) => params.item === id), { interval: 1 }).not.toEqual([]);
  await run(channel.call("agent.status", {}));
}

/** Works on another device of the same account. */
async function elsewhere(work: (other: { agent: InProcessAgent; person: Person }) => Promise<void>): Promise<void> {
  const other = await startInProcess(undefined, agent.service);
  const joining = await other.connect();
  const { account, user, secretKey } = kit;
  await passing(other, joining.call("accounts.signIn", { account, user, secretKey, password: PASSWORD, pin: PIN }));
  const owner = await passing(other, attachPerson(other));
  owner.always("yes");
  await work({ agent: other, person: owner });
  owner.leave();
  joining.close();
  await other.close();
}

const told = () => heard.filter(({ method }) => method.startsWith("secret."));

beforeEach(async () => {
  heard = [];
  agent = await startInProcess();
  kit = await run(makeAccount(agent));
  person = await run(attachPerson(agent));
  person.always("yes");
  ({ id: vaultId } = await run(person.channel.call("vaults.create", { title: "Demo" })));
  const item = { vaultId, title: "DB", category: "Login" as const, fields: [field("first")] };
  ({ id: itemId } = await run(person.channel.call("items.create", { item })));
  channel = await agent.connect();
  channel.onNotification((method, params) => heard.push({ method, params }));
});
afterEach(async () => {
  channel.close();
  person.leave();
  await agent.close();
});

test("a changed value is told once, by the watch alone, and the value is not in it", async () => {
  const { watch } = await watched();
  await put("second secret");
  await expect.poll(told, { interval: 1 }).toEqual([{ method: "secret.changed", params: { watch } }]);
  await settled();
  expect(told()).toHaveLength(1);
  expect(JSON.stringify(heard)).not.toContain("second secret");
  expect((await run(channel.call("secrets.resolve", { reference }))).secret).toBe("second secret");
});

test("nothing is told where another field, or another item, changes", async () => {
  await watched();
  const item = await run(person.channel.call("items.get", { vaultId, itemId }));
  await run(person.channel.call("items.put", { item: { ...item, notes: "other" } }));
  await settled();
  expect(told()).toEqual([]);
});

test("a reference that leads nowhere any more is told, and so is one that leads somewhere again", async () => {
  const { watch } = await watched();
  await put("first", "Another title");
  await expect.poll(told, { interval: 1 }).toHaveLength(1);
  await put("first");
  await expect.poll(told, { interval: 1 }).toHaveLength(2);
  expect(told().every(({ method, params }) => method === "secret.changed" && params.watch === watch)).toBe(true);
});

test("a change on another device is told, and one of a value that stays the same is not", async () => {
  const { watch } = await watched();
  await elsewhere(async (other) => {
    const call = other.person.channel.call;
    for (const [notes, value] of [
      ["a note", "first"],
      ["a note", "second"],
    ] as const) {
      const item = await passing(other.agent, call("items.get", { vaultId, itemId }));
      await passing(other.agent, call("items.put", { item: { ...item, notes, fields: [field(value)] } }));
    }
  });
  await expect.poll(told, { interval: 1 }).toEqual([{ method: "secret.changed", params: { watch } }]);
  await settled();
  expect(told()).toHaveLength(1);
});

test("a change right after the watch began is not missed", async () => {
  const both = [channel.call("secrets.watch", { reference }), put("second")] as const;
  const [{ watch }] = await run(Promise.all(both));
  const { secret } = await run(channel.call("secrets.resolve", { reference }));
  expect(secret).toBe("second");
  await put("third");
  await expect.poll(told, { interval: 1 }).toContainEqual({ method: "secret.changed", params: { watch } });
});

describe("a watch ends", () => {
  test("where its connection ends it, and tells nothing after that", async () => {
    const { watch } = await watched();
    await run(channel.call("secrets.unwatch", { watch }));
    await put("second");
    await run(channel.call("agent.subscribe", {}));
    await settled();
    expect(told()).toEqual([]);
    expect(await run(channel.call("secrets.unwatch", { watch }).catch(nameOf))).toBe("watchNotFound");
  });

  test("at a lock, which is told, and an unlock does not bring it back", async () => {
    const { watch } = await watched();
    await run(person.channel.call("session.lock", {}));
    await expect.poll(told, { interval: 1 }).toEqual([{ method: "secret.ended", params: { watch, reason: "locked" } }]);
    await run(person.channel.call("session.unlock", { password: PASSWORD }));
    expect(await run(channel.call("secrets.unwatch", { watch }).catch(nameOf))).toBe("watchNotFound");
  });

  test("with its grant: a change after that is not told", async () => {
    const { watch } = await watched();
    await run(channel.call("grants.revoke", { all: true }));
    await elsewhere(async (other) => {
      const item = await passing(other.agent, other.person.channel.call("items.get", { vaultId, itemId }));
      const changed = { ...item, fields: [field("second")] };
      await passing(other.agent, other.person.channel.call("items.put", { item: changed }));
    });
    const ended = { method: "secret.ended", params: { watch, reason: "grantEnded" } };
    await expect.poll(told, { interval: 1 }).toEqual([ended]);
  });

  test("with its connection, and another connection cannot end it", async () => {
    const { watch } = await watched();
    const other = await agent.connect();
    expect(await run(other.call("secrets.unwatch", { watch }).catch(nameOf))).toBe("watchNotFound");
    other.close();
    expect(await run(channel.call("secrets.unwatch", { watch }))).toEqual({});
  });
});

test(`a connection has ${limits.watches} watches, and not one more until one ends`, async () => {
  const ids: string[] = [];
  for (let index = 0; index < limits.watches; index++) ids.push((await watched()).watch);
  expect(await watched().catch(nameOf)).toBe("busy");
  await run(channel.call("secrets.unwatch", { watch: ids[0] ?? "" }));
  expect((await watched()).watch).not.toBe(ids[0]);
});

test("a watch needs the approval of a read, and a denied one watches nothing", async () => {
  await run(channel.call("grants.revoke", { all: true }));
  const before = person.seen.length;
  await watched();
  expect(person.seen.slice(before).flatMap(({ text }) => text)).toContainEqual(expect.stringContaining("DB"));
  await run(channel.call("grants.revoke", { all: true }));
  person.always("no");
  expect(await watched().catch(nameOf)).toBe("approvalDenied");
  expect(await watched({ noWait: true }).catch(nameOf)).toBe("approvalRequired");
});
