// secrets.watch: the agent tells a program that a value has changed, and never shows the value. The changes come from another device of the
// account, so that they need no grant of the watching program.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Channel } from "../../clients/typescript/channel.ts";
import { PosternError } from "../../clients/typescript/generated.ts";
import { GRANT_IDLE_MS } from "../../daemon/approval/grants.ts";
import { CHECK_MS, RETRY_MS } from "../../daemon/methods/watches.ts";
import { limits } from "../../protocol/limits.ts";
import { type InProcess, inProcess } from "../service/doors.ts";
import { type InProcessAgent, passing, startInProcess } from "./in-process.ts";
import { attachPerson, makeAccount, PASSWORD, type Person, PIN } from "./person.ts";

const reference = "op://Demo/DB/password";

/** Turns of the event loop in which a look, its answer and its notification pass. */
const LOOK_TURNS = 50;

type Heard = { method: string; params: Record<string, unknown> };

let service: InProcess;
/** Called with each request of the watching agent to the service. The answer waits for it. */
let beforeAnswer: (operation: string) => Promise<void>;
/** Requests of the watching agent for news. */
let waits = 0;
let agent: InProcessAgent;
let person: Person;
let channel: Channel;
let vaultId: string;
let itemId: string;
let heard: Heard[];
let other: { agent: InProcessAgent; person: Person };

const run = <T>(work: Promise<T>) => passing(agent, work);
const watched = (more: object = {}, by = channel) => run(by.call("secrets.watch", { reference, ...more }));
const nameOf = (error: unknown) => (error instanceof PosternError ? error.errorName : error);
const field = (value: string) => ({ id: "password", title: "password", fieldType: "Concealed" as const, value });
const there = <T>(work: Promise<T>) => passing(other.agent, work);
const told = () => heard.filter(({ method }) => method.startsWith("secret."));
const changes = (watch: string) => ({ method: "secret.changed", params: { watch } });
const ended = (watch: string, reason: string) => ({ method: "secret.ended", params: { watch, reason } });
const soon = () => expect.poll(told, { interval: 1 });

/** Another device of the account. */
async function device(kit: { account: string; user: string; secretKey: string }): Promise<typeof other> {
  const there = await startInProcess(undefined, service);
  const joining = await there.connect();
  const { account, user, secretKey } = kit;
  await passing(there, joining.call("accounts.signIn", { account, user, secretKey, password: PASSWORD, pin: PIN }));
  joining.close();
  const owner = await passing(there, attachPerson(there));
  owner.always("yes");
  return { agent: there, person: owner };
}

async function put(more: object): Promise<void> {
  const item = await there(other.person.channel.call("items.get", { vaultId, itemId }));
  await there(other.person.channel.call("items.put", { item: { ...item, ...more } as never }));
}

const setValue = (value: string) => put({ fields: [field(value)] });

async function make(title: string, value = "x"): Promise<string> {
  const item = { vaultId, title, category: "Login" as const, fields: [field(value)] };
  return (await there(other.person.channel.call("items.create", { item }))).id;
}

/** Fulfilled once the agent has taken all news so far. It asks for further ones only after that. */
async function settled(): Promise<void> {
  const before = waits;
  await make(`Mark ${before}`);
  await expect.poll(() => waits, { interval: 1 }).toBeGreaterThan(before);
  for (let turn = 0; turn < LOOK_TURNS; turn++) await new Promise((resolve) => setImmediate(resolve));
}

beforeEach(async () => {
  heard = [];
  beforeAnswer = async () => undefined;
  service = await inProcess();
  const fetch: typeof service.address.fetch = async (request) => {
    if (request.url.endsWith("events.wait")) waits++;
    const answer = await service.address.fetch(request);
    await beforeAnswer(request.url.split("/").at(-1) ?? "");
    return answer;
  };
  agent = await startInProcess(undefined, { ...service, address: { ...service.address, fetch } });
  const kit = await run(makeAccount(agent));
  person = await run(attachPerson(agent));
  person.always("yes");
  other = await device(kit);
  ({ id: vaultId } = await there(other.person.channel.call("vaults.create", { title: "Demo" })));
  itemId = await make("DB", "first");
  channel = await agent.connect();
  channel.onNotification((method, params) => heard.push({ method, params }));
});
afterEach(async () => {
  channel.close();
  person.leave();
  other.person.leave();
  await other.agent.close();
  await agent.close();
  await service.close();
});

describe("a change is told", () => {
  test("once, by the watch alone, without the value", async () => {
    const { watch } = await watched();
    await setValue("second secret");
    await soon().toEqual([changes(watch)]);
    await settled();
    expect(told()).toHaveLength(1);
    expect(JSON.stringify(heard)).not.toContain("second secret");
    expect((await run(channel.call("secrets.resolve", { reference }))).secret).toBe("second secret");
  });

  test("not where another field, or another item, changes", async () => {
    await watched();
    await put({ notes: "other" });
    await make("Other");
    await settled();
    expect(told()).toEqual([]);
  });

  test("where the reference leads nowhere any more, and where it leads somewhere again", async () => {
    const { watch } = await watched();
    await put({ title: "Another title" });
    await soon().toEqual([changes(watch)]);
    await put({ title: "DB" });
    await soon().toEqual([changes(watch), changes(watch)]);
  });

  test("where another vault of the name makes the reference ambiguous", async () => {
    const { watch } = await watched();
    await there(other.person.channel.call("vaults.create", { title: "demo" }));
    await soon().toEqual([changes(watch)]);
  });

  test("where it came while the watch began", async () => {
    const held = Promise.withResolvers<void>();
    const reached = Promise.withResolvers<void>();
    let finds = 0;
    beforeAnswer = async (operation) => {
      // The gate looks it up three times: first, for the text of the prompt, and after the approval. Then the watch does.
      if (operation !== "items.find" || ++finds !== 4) return;
      reached.resolve();
      await held.promise;
    };
    const watching = watched();
    await reached.promise;
    await setValue("second");
    await settled();
    held.resolve();
    const { watch } = await watching;
    await soon().toEqual([changes(watch)]);
  });

  test("later, where the service was away at first", async () => {
    const { watch } = await watched();
    let isAway = true;
    const failed = Promise.withResolvers<void>();
    beforeAnswer = async (operation) => {
      if (!isAway || operation !== "items.find") return;
      failed.resolve();
      throw new TypeError("fetch failed");
    };
    await setValue("second");
    await failed.promise;
    await settled();
    expect(told()).toEqual([]);
    isAway = false;
    agent.clock.advance(RETRY_MS);
    await soon().toEqual([changes(watch)]);
  });
});

test("an item without a grant that takes the name is told of once, and its changes are not", async () => {
  const { watch } = await watched();
  await put({ title: "Another title" });
  await soon().toHaveLength(1);
  const taker = await make("DB", "its own");
  await soon().toEqual([changes(watch), changes(watch)]);
  const item = await there(other.person.channel.call("items.get", { vaultId, itemId: taker }));
  await there(other.person.channel.call("items.put", { item: { ...item, fields: [field("changed")] } }));
  await settled();
  expect(told()).toHaveLength(2);
});

describe("a watch ends", () => {
  test("by its own connection alone, and tells nothing after that", async () => {
    const { watch } = await watched();
    const stranger = await agent.connect();
    expect(await run(stranger.call("secrets.unwatch", { watch }).catch(nameOf))).toBe("watchNotFound");
    stranger.close();
    expect(await run(channel.call("secrets.unwatch", { watch }))).toEqual({});
    await setValue("second");
    await settled();
    expect(told()).toEqual([]);
    expect(await run(channel.call("secrets.unwatch", { watch }).catch(nameOf))).toBe("watchNotFound");
  });

  test("at a lock, and an unlock does not bring it back", async () => {
    const { watch } = await watched();
    await run(person.channel.call("session.lock", {}));
    await soon().toEqual([ended(watch, "locked")]);
    await run(person.channel.call("session.unlock", { password: PASSWORD }));
    expect(await run(channel.call("secrets.unwatch", { watch }).catch(nameOf))).toBe("watchNotFound");
  });

  test("at once where its grant is revoked", async () => {
    const { watch } = await watched();
    await run(channel.call("grants.revoke", { all: true }));
    await soon().toEqual([ended(watch, "grantEnded")]);
  });

  test("where its grant is revoked while the agent looks at a change, which is not told", async () => {
    const { watch } = await watched();
    const held = Promise.withResolvers<void>();
    const reached = Promise.withResolvers<void>();
    beforeAnswer = async (operation) => {
      if (operation !== "items.find") return;
      reached.resolve();
      await held.promise;
    };
    await setValue("second");
    await reached.promise;
    await run(channel.call("grants.revoke", { all: true }));
    held.resolve();
    await settled();
    expect(told()).toEqual([ended(watch, "grantEnded")]);
  });

  test("where its grant was not used for long: looks at changes are no use of a grant", async () => {
    const { watch } = await watched();
    for (let nth = 1; nth <= 4; nth++) {
      await setValue(`value ${nth}`);
      await soon().toHaveLength(nth);
      agent.clock.advance(GRANT_IDLE_MS / 4);
      // Keeps the account open, and uses no grant of the value.
      await run(person.channel.call("vaults.list", {}));
    }
    agent.clock.advance(CHECK_MS);
    await soon().toContainEqual(ended(watch, "grantEnded"));
    const late = channel.call("secrets.resolve", { reference, noWait: true }).catch(nameOf);
    expect(await run(late)).toBe("approvalRequired");
  });

  test("with its connection, which makes room for another", async () => {
    const full = await agent.connect();
    for (let index = 0; index < limits.watches; index++) await watched({}, full);
    expect(await watched().catch(nameOf)).toBe("busy");
    full.close();
    await expect.poll(() => watched().catch(nameOf), { interval: 1 }).toMatchObject({ watch: expect.any(String) });
  });
});

test(`a program has ${limits.watches} watches, and not one more until one ends`, async () => {
  const ids: string[] = [];
  for (let index = 0; index < limits.watches; index++) ids.push((await watched()).watch);
  const second = await agent.connect();
  expect(await watched({}, second).catch(nameOf)).toBe("busy");
  await run(channel.call("secrets.unwatch", { watch: ids[0] ?? "" }));
  expect(ids).not.toContain((await watched({}, second)).watch);
  second.close();
});

describe("a watch needs an approval", () => {
  test("of the read that it stands for", async () => {
    const before = person.seen.length;
    await watched();
    expect(person.seen.slice(before).flatMap(({ text }) => text)).toContainEqual(expect.stringContaining("DB"));
  });

  test("and a denied one watches nothing", async () => {
    person.always("no");
    expect(await watched().catch(nameOf)).toBe("approvalDenied");
    expect(await watched({ noWait: true }).catch(nameOf)).toBe("approvalRequired");
  });

  test("that lasts: one for once is refused with the reason", async () => {
    person.always("ignore");
    const shown = person.next();
    const asking = watched().catch((error: unknown) => error);
    const prompt = await run(shown);
    await run(person.yes(prompt, { lasts: "once" }));
    expect(await asking).toMatchObject({ errorName: "approvalRequired", message: expect.stringContaining("lasts") });
    await setValue("second");
    await settled();
    expect(told()).toEqual([]);
  });
});
