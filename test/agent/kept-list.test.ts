// A list of names that the agent kept: what it is answered with, seen from a connection, while the test counts how often the
// service was asked for it.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
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
let asked: number;

beforeEach(async () => {
  const door = await inProcess();
  closeService = door.close;
  asked = 0;
  const fetch: typeof door.address.fetch = (request) => {
    if (request.url.endsWith("items.list")) asked++;
    return door.address.fetch(request);
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

/** The list as it is read from the service. */
async function first(): Promise<unknown> {
  const before = asked;
  const { result } = await ask(list("first"));
  expect(asked).toBeGreaterThan(before);
  expect((result as { items: { title: string }[] }).items.map(({ title }) => title).sort()).toEqual(
    Array.from({ length: ITEMS }, (_, index) => `${index} ${AWKWARD}`).sort(),
  );
  return result;
}

describe("a list that was kept", { timeout: 60_000 }, () => {
  test("is the one that was answered first, under any id, alone and in a batch, and the service is not asked", async () => {
    const result = await first();
    const before = asked;
    for (const id of [1, "text", "", AWKWARD, '"},"result":{}'])
      expect(await ask(list(id))).toEqual({ jsonrpc: "2.0", id, result });
    raw.send(`${JSON.stringify([list("a"), status("b"), list("c")])}\n`);
    const batch = (await passing(agent, raw.next())) as unknown as { id: string; result: unknown }[];
    expect(batch.map(({ id }) => id)).toEqual(["a", "b", "c"]);
    expect([batch[0]?.result, batch[2]?.result]).toEqual([result, result]);
    expect(asked).toBe(before);
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
    expect((await ask(list(1, { archived: true, active: false }))).result).toEqual({ items: [] });
    const { id: other } = await passing(agent, person.channel.call("vaults.create", { title: "Other" }));
    expect((await ask(list(2, { vaultId: other }))).result).toEqual({ items: [] });
  });

  test("is not answered after a change, while locked, or to somebody who names no such vault", async () => {
    const result = (await first()) as { items: { id: string }[] };
    const itemId = result.items[0]?.id ?? "";
    await passing(agent, person.channel.call("items.delete", { vaultId, itemId }));
    const before = asked;
    const changed = (await ask(list(1))).result as typeof result;
    expect(asked).toBeGreaterThan(before);
    expect(changed.items).toEqual(result.items.filter(({ id }) => id !== itemId));
    expect(await ask(list(2, { vaultId: "a".repeat(26) }))).toHaveProperty("error");
    await passing(agent, person.channel.call("session.lock", {}));
    expect(await ask(list(3))).toMatchObject({ error: { data: { name: "locked" } } });
  });
});
