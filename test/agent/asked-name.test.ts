// What a person reads in a prompt where titles do not say which thing is meant.
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Channel } from "../../clients/typescript/channel.ts";
import { type InProcessAgent, passing, startInProcess } from "./in-process.ts";
import { attachPerson, makeAccount, type Person } from "./person.ts";

let agent: InProcessAgent;
let person: Person;
let program: Channel;

beforeEach(async () => {
  agent = await startInProcess();
  await passing(agent, makeAccount(agent));
  person = await passing(agent, attachPerson(agent));
  person.always("yes");
  program = await agent.connect();
});
afterEach(async () => {
  program.close();
  person.leave();
  await agent.close();
});

const newVault = async (title: string) => (await passing(agent, person.channel.call("vaults.create", { title }))).id;

async function newItem(vaultId: string, title: string): Promise<string> {
  const fields = [{ id: "password", title: "password", fieldType: "Concealed" as const, value: "opal" }];
  const item = { vaultId, title, category: "Password" as const, fields };
  return (await passing(agent, person.channel.call("items.create", { item }))).id;
}

/** The lines of the prompt that a call opens, between who asks and how long a yes lasts. */
async function asked(call: () => Promise<unknown>): Promise<readonly string[]> {
  // What was allowed before is not asked about again.
  const { grants } = await passing(agent, person.channel.call("grants.list", {}));
  for (const { grant } of grants) await passing(agent, person.channel.call("grants.revoke", { grant }));
  const before = person.seen.length;
  await passing(
    agent,
    call().catch(() => undefined),
  );
  expect(person.seen.length).toBe(before + 1);
  return person.seen.at(-1)?.text.slice(1, -1) ?? [];
}

const list = (vaultId: string) => asked(() => program.call("items.list", { vaultId }));
const resolve = (reference: string) => asked(() => program.call("secrets.resolve", { reference }));

test("a vault that alone has its title is told by that", async () => {
  const vault = await newVault("Production");
  expect(await list(vault)).toEqual(["  the names in the vault Production"]);
});

test.each([
  ["the same title", "Production"],
  ["the title in other letters", "PRODUCTION"],
  ["the title and what nobody sees", "Prod\u200buction "],
])("of two vaults, of which one has %s, each is told with its id", async (_what, title) => {
  const [first, second] = [await newVault("Production"), await newVault(title)];
  expect(await list(first)).toEqual([`  the names in the vault Production (${first})`]);
  expect((await list(second))[0]).toContain(`(${second})`);
});

test("of two items of a title each is told with its id, by a reference and by itself", async () => {
  const vault = await newVault("Production");
  const [first] = [await newItem(vault, "db"), await newItem(vault, "DB")];
  expect(await resolve(`op://Production/${first}/password`)).toEqual([`  op://Production/db (${first})/password`]);
  const item = await asked(() => program.call("items.get", { vaultId: vault, itemId: first }));
  expect(item).toEqual([`  the item db (${first}) in the vault Production`]);
});

test("an item that alone has its title is told by that, though another vault has one like it", async () => {
  const [vault, other] = [await newVault("Production"), await newVault("Staging")];
  await newItem(other, "db");
  await newItem(vault, "db");
  expect(await resolve("op://Production/db/password")).toEqual(["  op://Production/db/password"]);
});

test("long titles push neither the ids nor the field out of the line", async () => {
  const title = "p".repeat(200);
  const [vault] = [await newVault(title), await newVault(title)];
  const [item] = [await newItem(vault, title), await newItem(vault, title)];
  const [line = ""] = await resolve(`op://${vault}/${item}/password`);
  expect(line).toBe(`  op://${"p".repeat(15)}… (${vault})/${"p".repeat(15)}… (${item})/password`);
});
