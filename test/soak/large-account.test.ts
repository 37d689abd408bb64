// An account of a hundred thousand items, used through the command. The command lists the whole account and finds an
// item by its title. After one change, the next list reads only the changed place again.
import { afterAll, beforeAll, expect, test } from "vitest";
import { createClient, DesktopAuth } from "../../clients/typescript/client.ts";
import { attachPerson, makeAccount, type Person } from "../agent/person.ts";
import { type RunningAgent, startAgent } from "../agent/start.ts";
import { postern } from "../cli/postern.ts";
import { cannotHost, javascript, makeOfficialHost } from "../toolchains/official-host.ts";

const ITEMS = 100_000;
const BATCH = 100;

let agent: RunningAgent;
let person: Person;
let vaultId: string;

const titleOf = (number: number) => `item ${number}`;
const run = (...words: string[]) => postern([...words, "--vault", "Large", "--json"], { home: agent.home });
const listed = async () => {
  const { code, out } = await run("item", "list");
  expect(code).toBe(0);
  return (JSON.parse(out) as { items: { id: string; title: string }[] }).items;
};

beforeAll(async () => {
  agent = await startAgent();
  await makeAccount(agent);
  person = await attachPerson(agent);
  person.always("yes");
  ({ id: vaultId } = await person.channel.call("vaults.create", { title: "Large" }));
  for (let made = 0; made < ITEMS; made += BATCH) {
    const items = Array.from({ length: BATCH }, (_, index) => ({
      vaultId,
      title: titleOf(made + index),
      category: "Login" as const,
    }));
    const { outcomes } = await person.channel.call("items.createAll", { vaultId, items });
    expect(outcomes.some((one) => "error" in one)).toBe(false);
  }
}, 600_000);
afterAll(async () => {
  person.leave();
  await agent.remove();
});

test("it is listed whole, by the command and by a program", { timeout: 300_000 }, async () => {
  await person.channel.call("items.list", { vaultId });
  const items = await listed();
  expect(new Set(items.map(({ id }) => id)).size).toBe(ITEMS);
  expect(new Set(items.map(({ title }) => title))).toEqual(
    new Set(Array.from({ length: ITEMS }, (_, n) => titleOf(n))),
  );
  const client = await createClient({ auth: new DesktopAuth("Ada"), socket: agent.socket });
  // The command sorts by title. The program gets the items in the order of their ids.
  const ids = (await client.items.list(vaultId)).map(({ id }) => id);
  expect(ids).toEqual(items.map(({ id }) => id).sort());
  client.close();
});

// As a list of numbers it would be too long for a line.
test.skipIf(cannotHost)("it is listed whole by the official package for JavaScript", { timeout: 300_000 }, async () => {
  const host = makeOfficialHost();
  try {
    const env = { POSTERN_HOME: agent.home, VAULT: vaultId };
    const { code, lines, err } = await host.run(javascript("list"), env);
    expect({ code, lines, err }).toEqual({ code: 0, lines: [JSON.stringify([ITEMS, "Large"])], err: "" });
  } finally {
    host.remove();
  }
});

test("for a person it is a table of as many lines", { timeout: 300_000 }, async () => {
  const { code, out } = await postern(["item", "list", "--vault", "Large"], { home: agent.home });
  expect([code, out.trimEnd().split("\n").length]).toEqual([0, ITEMS + 1]);
});

test("an item of it is found by its title, and a change of it is in the next list", { timeout: 300_000 }, async () => {
  const before = await listed();
  const { code, out } = await run("item", "get", titleOf(ITEMS - 1));
  expect(code).toBe(0);
  const { id } = JSON.parse(out) as { id: string };
  const item = await person.channel.call("items.get", { vaultId, itemId: id });
  await person.channel.call("items.put", { item: { ...item, title: "renamed" } });
  const title = (one: { id: string; title: string }) => (one.id === id ? "renamed" : one.title);
  expect((await listed()).map((one) => one.title).sort()).toEqual(before.map(title).sort());
});
