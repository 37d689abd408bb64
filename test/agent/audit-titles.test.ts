// The whole audit log for a caller who may see it. It names reads by their present titles.
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Channel } from "../../clients/typescript/channel.ts";
import { TITLED_ITEMS_MAX } from "../../daemon/methods/audit-titles.ts";
import { type InProcessAgent, passing, startInProcess } from "./in-process.ts";
import { attachPerson, makeAccount, PASSWORD, type Person } from "./person.ts";

let agent: InProcessAgent;
let person: Person;
let program: Channel;
let vaultId: string;
let itemId: string;

const proof = { kind: "password", password: PASSWORD } as const;
const call = <T>(promise: Promise<T>) => passing(agent, promise);
const password = (title: string) => ({
  vaultId,
  title,
  category: "Password" as const,
  fields: [{ id: "password", title: "password", fieldType: "Concealed" as const, value: "opal" }],
});

beforeEach(async () => {
  agent = await startInProcess();
  await call(makeAccount(agent));
  person = await call(attachPerson(agent));
  person.always("yes");
  program = await agent.connect();
  vaultId = (await call(person.channel.call("vaults.create", { title: "Demo" }))).id;
  itemId = (await call(person.channel.call("items.create", { item: password("DB") }))).id;
  await call(program.call("secrets.resolve", { reference: "op://Demo/DB/password" }));
});
afterEach(async () => {
  program.close();
  person.leave();
  await agent.close();
});

async function read(event = "secrets.resolve") {
  const { records } = await call(person.channel.call("audit.list", { proof, limit: 500 }));
  return records.filter((record) => record.event === event && record.outcome === "ok").at(-1);
}

test("a read secret is shown by the titles of its vault and item, and its field", async () => {
  expect(await read()).toMatchObject({ ids: [vaultId, itemId], titles: ["Demo", "DB"], names: ["/password"] });
});

test("titles are the present ones, and a removed thing is shown by its id", async () => {
  const item = await call(person.channel.call("items.get", { vaultId, itemId }));
  await call(person.channel.call("items.put", { item: { ...item, title: "Database" } }));
  expect(await read()).toMatchObject({ titles: ["Demo", "Database"] });
  await call(person.channel.call("items.delete", { vaultId, itemId }));
  expect(await read()).toMatchObject({ titles: ["Demo", itemId] });
});

test("whoever sees only what is its own sees no titles", async () => {
  const { records } = await call(program.call("audit.list", {}));
  expect(records.length).toBeGreaterThan(0);
  expect(records.filter((record) => record.titles !== undefined || record.names !== undefined)).toEqual([]);
});

test.each(["away", "lying"] as const)("a service that is %s does not keep the records back", async (mood) => {
  await call(person.channel.call("items.archive", { vaultId, itemId }));
  agent.setMood(mood);
  expect(await read()).toMatchObject({ ids: [vaultId, itemId], names: ["/password"] });
});

test("as many items as are looked up have titles, of the newest records first, and not one more", async () => {
  const ids: string[] = [];
  for (let made = 0; made < TITLED_ITEMS_MAX + 50; made += 50) {
    const items = Array.from({ length: 50 }, (_, index) => password(`${made + index}`));
    const { outcomes } = await call(person.channel.call("items.createAll", { vaultId, items }));
    ids.push(...outcomes.flatMap((outcome) => ("id" in outcome ? [outcome.id] : [])));
  }
  const { records: before } = await call(person.channel.call("audit.list", { proof, limit: 1 }));
  const since = before[0]?.seq ?? 0;
  for (let at = 0; at < ids.length; at += 50)
    await call(program.call("items.getAll", { vaultId, itemIds: ids.slice(at, at + 50) }));
  const { records } = await call(person.channel.call("audit.list", { proof, limit: 500 }));
  const lists = records.filter(({ event, seq }) => event === "items.getAll" && seq > since);
  const titled = lists.map(({ ids = [], titles = [] }) => titles.filter((title, at) => title !== ids[at]).length - 1);
  expect(titled).toEqual([0, 50, 50, 50, 50]);
});
