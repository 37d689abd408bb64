// client.secrets.watch with a real agent: what a loop over it is told, how it ends, and that nothing of it stays.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import * as sdk from "../../clients/typescript/client.ts";
import { limits } from "../../protocol/limits.ts";
import { attachPerson, makeAccount, PASSWORD, type Person } from "../agent/person.ts";
import { type RunningAgent, startAgent } from "../agent/start.ts";

const reference = "op://Demo/DB/password";

let agent: RunningAgent;
let person: Person;
let client: sdk.OpenClient;
let item: sdk.Item;

beforeAll(async () => {
  agent = await startAgent();
  await makeAccount(agent);
  person = await attachPerson(agent);
  await open();
  const { id: vaultId } = await client.vaults.create({ title: "Demo" });
  const fields = [{ id: "password", title: "password", fieldType: "Concealed" as const, value: "0" }];
  item = await client.items.create({ title: "DB", category: "Password", vaultId, fields });
  client.close();
});
beforeEach(open);
afterEach(() => client.close());
afterAll(() => agent.remove());

async function open(): Promise<void> {
  person.always("yes");
  client = await sdk.createClient({ auth: new sdk.DesktopAuth("Ada"), socket: agent.socket });
}

/** Opens the account again, with a person who answers, also to what was asked before that person came. */
async function unlock(): Promise<void> {
  const channel = await agent.connect();
  await channel.call("session.unlock", { password: PASSWORD });
  channel.close();
  person = await attachPerson(agent);
  person.always("yes");
  const { prompts } = await person.channel.call("prompts.list", { proof: { kind: "password", password: PASSWORD } });
  const before = prompts.filter((one) => !person.seen.some(({ code }) => code === one.code));
  for (const { prompt, code, hash = "", text = [] } of before) await person.yes({ prompt, code, hash, text });
}

let count = 0;

/** Gives the secret another value. Returns once the watching client was told, if it was to be. */
async function change(): Promise<void> {
  const [field] = item.fields;
  if (field === undefined) throw new Error("no field");
  item = await client.items.put({ ...item, fields: [{ ...field, value: `${++count}` }] });
}

const changed = { done: false, value: { reference, renewed: false } };
const renewed = { done: false, value: { reference, renewed: true } };
const over = { done: true, value: undefined };

/** Notifications of a kind that the client has had. */
function heard(method: string): () => number {
  let times = 0;
  client.onEvent((told) => {
    if (told === method) times++;
  });
  return () => times;
}

describe("a loop over a watch", () => {
  test("is told of each change, and ends what it watches when it is left", async () => {
    const seen: sdk.SecretChange[] = [];
    const watch = client.secrets.watch(reference);
    await client.secrets.resolve(reference);
    await change();
    for await (const one of watch) {
      seen.push(one);
      if (seen.length === 2) break;
      await change();
    }
    expect(seen).toEqual([changed.value, changed.value]);
    expect(await watch.next()).toEqual(over);
  });

  test("that is slow gets one change for many", async () => {
    const times = heard("secret.changed");
    const watch = client.secrets.watch(reference);
    await client.secrets.resolve(reference);
    for (let nth = 1; nth <= 3; nth++) {
      await change();
      await expect.poll(times, { interval: 1 }).toBe(nth);
    }
    expect(await watch.next()).toEqual(changed);
    const second = watch.next();
    await change();
    expect(await second).toEqual(changed);
    await watch.return();
  });

  test("goes on after a restart of the agent, and is told that it was away", async () => {
    const watch = client.secrets.watch(reference);
    await client.secrets.resolve(reference);
    const next = watch.next();
    await agent.end();
    agent = await agent.restart();
    await unlock();
    expect(await next).toEqual(renewed);
    await change();
    expect(await watch.next()).toEqual(changed);
    await watch.return();
  });
});

describe("a watch ends with the reason", () => {
  test("where the account is locked", async () => {
    const watch = client.secrets.watch(reference);
    await client.secrets.resolve(reference);
    const next = expect(watch.next()).rejects.toMatchObject({
      name: "WatchEnded",
      reason: "locked",
      message: "the watch has ended: the account was locked",
      hint: "run `postern unlock`, and watch again",
    });
    await client.call("session.lock", {});
    await next;
    expect(await watch.next()).toEqual(over);
    await unlock();
  });

  test("where its approval ends, and a change before that is told first", async () => {
    const times = heard("secret.ended");
    const watch = client.secrets.watch(reference);
    await client.secrets.resolve(reference);
    await change();
    const first = watch.next();
    expect(await first).toEqual(changed);
    await client.call("grants.revoke", { all: true });
    await expect.poll(times, { interval: 1 }).toBe(1);
    await expect(watch.next()).rejects.toMatchObject({
      reason: "grantEnded",
      message: expect.stringContaining("approval"),
    });
  });

  test("where the client is closed", async () => {
    const watch = client.secrets.watch(reference);
    await client.secrets.resolve(reference);
    const next = expect(watch.next()).rejects.toBeInstanceOf(sdk.ClientClosed);
    client.close();
    await next;
  });

  test("where its signal says so, also a waiting one", async () => {
    const stop = new AbortController();
    const watch = client.secrets.watch(reference, { signal: stop.signal });
    await client.secrets.resolve(reference);
    const next = expect(watch.next()).rejects.toThrow("enough");
    stop.abort(new Error("enough"));
    await next;
    expect(await watch.next()).toEqual(over);
    await expect(client.secrets.watch(reference, { signal: stop.signal }).next()).rejects.toThrow("enough");
  });
});

describe("a watch that cannot begin says so at its first change:", () => {
  test("one that a person denies", async () => {
    await client.call("grants.revoke", { all: true });
    person.always("no");
    await expect(client.secrets.watch(reference).next()).rejects.toMatchObject({
      errorName: "approvalDenied",
    });
  });

  test("one of no reference", async () => {
    await expect(client.secrets.watch("nonsense").next()).rejects.toThrow(/^error resolving secret reference: /);
  });

  test("one that is ended while a person is asked, and the question is withdrawn", async () => {
    await client.call("grants.revoke", { all: true });
    person.always("ignore");
    const shown = person.next();
    const watch = client.secrets.watch(reference);
    const next = watch.next();
    await shown;
    expect(await watch.return()).toEqual(over);
    expect(await next).toEqual(over);
    await expect.poll(async () => (await client.call("agent.status", {})).openPrompts, { interval: 1 }).toBe(0);
  });
});

test(`an ended watch makes room: after ${limits.watches} there is room for one more`, async () => {
  for (let nth = 0; nth <= limits.watches; nth++) {
    const watch = client.secrets.watch(reference);
    await client.secrets.resolve(reference);
    await watch.return();
  }
  const watch = client.secrets.watch(reference);
  await client.secrets.resolve(reference);
  await change();
  expect(await watch.next()).toEqual(changed);
});
