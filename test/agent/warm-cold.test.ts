// A cached answer equals a cold one, after any changes by anyone: the list of a vault in pages of any length, and every reference into it.
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type OpenAccount, openAccount } from "../../clients/account/open-account.ts";
import { signInWithToken } from "../../clients/account/user-keys.ts";
import type { Channel } from "../../clients/typescript/channel.ts";
import type { Account } from "../../daemon/account/account.ts";
import { createCache } from "../../daemon/account/cache.ts";
import { createResolver, isMissing } from "../../daemon/account/resolver.ts";
import { sealedAccount } from "../../daemon/session/sealed-account.ts";
import { parseToken } from "../../protocol/access/service-account-token.ts";
import { crypto, details, inProcess, overview } from "../service/doors.ts";
import { type InProcessAgent, passing, startInProcess } from "./in-process.ts";
import { attachPerson, makeAccount, PASSWORD, type Person } from "./person.ts";

const TITLES = ["db", "DB", "api", "Api v2"];
const FIELDS = ["password", "secret"];

let agent: InProcessAgent;
let closeService: () => Promise<void>;
/** The service's news of changes wait for this. The agent must know its own changes without them. */
let tidings: Promise<void> = Promise.resolve();
let person: Person;
let vaultId: string;
/** A program with a token at the agent, and the same service account without an agent. */
let channel: Channel;
let client: string;
let elsewhere: OpenAccount;
/** The latter, in the form for the resolver. */
let coldAccount: Account;

beforeAll(async () => {
  const door = await inProcess();
  closeService = door.close;
  const fetch: typeof door.address.fetch = async (request) => {
    const response = await door.address.fetch(request);
    if (request.url.endsWith("events.wait")) await tidings;
    return response;
  };
  agent = await startInProcess(undefined, { ...door, address: { ...door.address, fetch } });
  await passing(agent, makeAccount(agent));
  person = await passing(agent, attachPerson(agent));
  person.always("yes");
  ({ id: vaultId } = await passing(agent, person.channel.call("vaults.create", { title: "Demo" })));
  const vaults = [{ vault: vaultId, permissions: ["read_items", "write_items"] }];
  const made = person.channel.call("serviceAccounts.create", { password: PASSWORD, title: "CI", vaults });
  const { token } = await passing(agent, made);
  channel = await agent.connect();
  const integration = { integrationName: "test", integrationVersion: "1" };
  ({ client } = await passing(agent, channel.call("clients.open", { token, ...integration })));
  const { account, serviceAccount } = parseToken(token);
  const signedIn = await signInWithToken(crypto, agent.service.call, agent.service.address, parseToken(token));
  elsewhere = openAccount(crypto, account, serviceAccount, signedIn);
  coldAccount = sealedAccount({ crypto, open: elsewhere, session: signedIn.session, byToken: true });
});
afterAll(async () => {
  elsewhere.close();
  channel.close();
  person.leave();
  await agent.close();
  await closeService();
});

type Listed = { id: string; title: string; state: string };
type Outcome = { id: string; secret: string } | { error: string };
type Seen = { items: readonly Listed[]; outcomes: readonly Outcome[] };

const seenOf = ({ id, title, state }: Listed): Listed => ({ id, title, state });

/** The agent's answer, in pages of this length. A list of two states is also requested for each state alone. */
async function warm(references: readonly string[], limit: number): Promise<Seen> {
  const list = async (states: object): Promise<Listed[]> => {
    const items: Listed[] = [];
    for (let more = true; more; ) {
      const after = items.at(-1)?.id;
      const from = after === undefined ? {} : { after };
      const page = await channel.call("items.list", { vaultId, client, limit, ...states, ...from });
      expect(page.items.length).toBeLessThanOrEqual(limit);
      items.push(...page.items.map(seenOf));
      ({ more } = page);
    }
    return items;
  };
  const items = await list({ active: true, archived: true });
  for (const state of ["active", "archived"])
    expect(await list({ active: state === "active", archived: state === "archived" })).toEqual(
      items.filter((one) => one.state === state),
    );
  const { outcomes } = await channel.call("secrets.resolveAll", { references: [...references], client });
  return {
    items,
    outcomes: outcomes.map((one) =>
      "error" in one ? { error: one.error.name } : { id: one.itemId, secret: one.secret },
    ),
  };
}

/** The true answer, from a client without memory. */
async function cold(references: readonly string[]): Promise<Seen> {
  const resolver = createResolver({ wallMs: Date.now });
  const outcomes = references.map(async (reference): Promise<Outcome> => {
    const cache = createCache(crypto, performance.now.bind(performance));
    try {
      const found = await resolver.locate({ account: coldAccount, cache }, reference);
      if (isMissing(found)) return { error: found.error.name };
      return { id: found.place.item, secret: (await found.read()).value };
    } finally {
      cache.close();
    }
  });
  const items = await elsewhere.listItems(vaultId, { active: true, archived: true });
  return {
    items: items.map(({ id, state, overview: { title } }) => ({ id, title, state })),
    outcomes: await Promise.all(outcomes),
  };
}

const ids = async () => (await elsewhere.listItems(vaultId, { active: true, archived: true })).map(({ id }) => id);

/** Changes an item, through the agent or elsewhere. */
async function change(id: string, here: boolean, next: { title?: string; field?: string; value?: string }) {
  const before = await elsewhere.getItem(vaultId, id);
  const title = next.title ?? before.overview.title;
  const fields = before.details.fields.map((field) => ({
    ...field,
    title: next.field ?? field.title,
    value: next.value ?? field.value,
  }));
  if (here) {
    const item = await channel.call("items.get", { vaultId, itemId: id, client });
    const wire = item.fields.map((field, index) => ({ ...field, ...fields[index] }));
    return channel.call("items.put", { item: { ...item, title, fields: wire }, client });
  }
  const content = { ...before, overview: { ...before.overview, title }, details: { ...before.details, fields } };
  return elsewhere.putItem(vaultId, id, before.revision, content);
}

/** Archives an item, and unarchives it where that is possible. */
async function move(id: string, here: boolean) {
  const before = await elsewhere.getItem(vaultId, id);
  if (here) return before.state === "active" && channel.call("items.archive", { vaultId, itemId: id, client });
  const state = before.state === "active" ? "archived" : "active";
  return elsewhere.putItem(vaultId, id, before.revision, { ...before, state });
}

async function make(titles: readonly string[], here: boolean) {
  const items = titles.map((title) => {
    const { fields } = details(`of a new ${title}`);
    return { vaultId, title, category: "Password" as const, fields };
  });
  const [item] = items;
  if (!here) return Promise.all(titles.map((title) => elsewhere.createItem(vaultId, overview(title), details("new"))));
  if (items.length > 1 || item === undefined) return channel.call("items.createAll", { vaultId, items, client });
  return channel.call("items.create", { item, client });
}

const title = fc.constantFrom(...TITLES);
/** One of the existing items, by any number. */
const which = fc.nat();
const act = fc.oneof(
  fc.record({ does: fc.constant("make" as const), titles: fc.array(title, { minLength: 1, maxLength: 2 }) }),
  // Changes that can make another reference ambiguous come more often than others.
  { weight: 3, arbitrary: fc.record({ does: fc.constant("rename" as const), which, title }) },
  // A title may be another item's id.
  fc.record({ does: fc.constant("call as" as const), which, other: which }),
  fc.record({ does: fc.constant("field" as const), which, field: fc.constantFrom(...FIELDS) }),
  fc.record({ does: fc.constant("value" as const), which, value: fc.string({ minLength: 1, maxLength: 5 }) }),
  fc.record({ does: fc.constant("move" as const), which }),
  fc.record({ does: fc.constant("delete" as const), which }),
);
const step = fc.record({ act, here: fc.boolean(), limit: fc.integer({ min: 1, max: 6 }) });

async function perform(one: typeof act extends fc.Arbitrary<infer A> ? A : never, here: boolean): Promise<void> {
  if (one.does === "make") return void (await make(one.titles, here));
  const there = await ids();
  const id = there[one.which % there.length];
  if (id === undefined) return;
  if (one.does === "rename") await change(id, here, { title: one.title });
  if (one.does === "call as") await change(id, here, { title: there[one.other % there.length] ?? "" });
  if (one.does === "field") await change(id, here, { field: one.field });
  if (one.does === "value") await change(id, here, { value: one.value });
  if (one.does === "move") await move(id, here);
  if (one.does !== "delete") return;
  if (here) await channel.call("items.delete", { vaultId, itemId: id, client });
  else await elsewhere.deleteItem(vaultId, id);
}

/** Runs changes while the service holds its news back. */
async function untold<T>(work: () => Promise<T>): Promise<T> {
  const { promise, resolve } = Promise.withResolvers<void>();
  tidings = promise;
  try {
    return await work();
  } finally {
    resolve();
    tidings = Promise.resolve();
  }
}

test("a list and every reference give the same answers warm and cold, whatever was changed here and elsewhere", async () => {
  const known = new Set<string>();
  let kept = 0;
  const run = async (steps: readonly { act: Parameters<typeof perform>[0]; here: boolean; limit: number }[]) => {
    // Otherwise one token would have more requests than its hour allows.
    agent.service.advance(60 * 60_000);
    for (const id of await ids()) await elsewhere.deleteItem(vaultId, id);
    await make(TITLES.slice(1), false);
    known.clear();
    for (const { act: one, here, limit } of steps) {
      for (const id of await ids()) known.add(id);
      const references = [...TITLES, ...known].flatMap((name) => FIELDS.map((field) => `op://Demo/${name}/${field}`));
      await warm(references, limit);
      const { outcomes } = await channel.call("secrets.resolveAll", { references, client });
      kept += outcomes.filter((outcome) => "secret" in outcome && outcome.cached).length;
      const done = async () => {
        await perform(one, here);
        const right = await cold(references);
        // The agent hears of changes elsewhere a moment later.
        if (!here) await expect.poll(() => warm(references, limit), { interval: 1 }).toEqual(right);
        expect(await warm(references, limit)).toEqual(right);
        expect(await warm(references, 100)).toEqual(right);
      };
      await (here ? untold(done) : done());
    }
  };
  await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 8 }), run), { numRuns: 8 });
  expect(kept).toBeGreaterThan(0);
}, 120_000);

test("an item that comes back from the archive claims its id again, also against an item with this id as its title", async () => {
  const [away] = (await make(["away"], false)) as { id: string }[];
  const id = away?.id ?? "";
  const reference = `op://Demo/${id}/password`;
  await move(id, false);
  await make([id], false);
  const seen = async () => (await warm([reference], 10)).outcomes[0];
  await expect.poll(seen, { interval: 1 }).toMatchObject({ secret: "new" });
  await move(id, false);
  await expect.poll(seen, { interval: 1 }).toEqual({ error: "tooManyItems" });
});
