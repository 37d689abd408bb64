// The answer to a reference that leads nowhere. It suggests only names that the asker may see.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Channel } from "../../clients/typescript/channel.ts";
import { attachPerson, makeAccount, PASSWORD, type Person } from "./person.ts";
import { type RunningAgent, startAgent } from "./start.ts";

let agent: RunningAgent;
let person: Person;
let asker: Channel;
let vaultId: string;
let itemId: string;

beforeAll(async () => {
  agent = await startAgent();
  await makeAccount(agent);
  person = await attachPerson(agent);
  person.always("yes");
  asker = await agent.connect();
  vaultId = (await person.channel.call("vaults.create", { title: "Production" })).id;
  await person.channel.call("vaults.create", { title: "Hidden" });
  const fields = [{ id: "password", title: "password", fieldType: "Concealed" as const, value: "s3cret" }];
  const create = (title: string) =>
    person.channel.call("items.create", { item: { vaultId, title, category: "Password", fields } });
  await create("Data\u202ebase");
  itemId = (await create("Queue")).id;
});
afterAll(async () => {
  person?.leave();
  await agent?.remove();
});

/** A lock ends all grants, also those that the person's own writes gave to this process. */
async function forgetGrants(): Promise<void> {
  await asker.call("session.lock", {});
  person.leave();
  await asker.call("session.unlock", { password: PASSWORD });
  person = await attachPerson(agent);
  person.always("yes");
}

const hintOf = (reference: string, channel = asker) =>
  channel.call("secrets.resolve", { reference }).then(
    () => expect.fail("it was found"),
    (error: { hint?: string }) => error.hint,
  );

const VAULT = "op://Prodction/Database/password";
const ITEM = "op://Production/Databsae/password";
const FIELD = "op://Production/Queue/pasword";
const SECTION = "op://Production/Queue/main/password";

describe("an asker whose question alone was allowed", () => {
  test.each([VAULT, ITEM, FIELD, SECTION])("is told no name near %s", async (reference) => {
    await forgetGrants();
    expect(await hintOf(reference)).toMatch(/^run `postern /);
  });

  test("is told none in an outcome of many either", async () => {
    await forgetGrants();
    const { outcomes } = await asker.call("secrets.resolveAll", { references: [ITEM] });
    expect(outcomes).toMatchObject([{ error: { name: "itemNotFound", hint: expect.stringMatching(/^run `/) } }]);
  });
});

describe("an asker who may see names", () => {
  beforeAll(async () => {
    await forgetGrants();
    await asker.call("vaults.list", {});
  });

  test("is told the vault that was meant", async () => {
    expect(await hintOf(VAULT)).toBe('did you mean "Production"?');
  });

  test("is told the item that was meant, without what reorders a line", async () => {
    expect(await hintOf(ITEM)).toBe('did you mean "Database"?');
  });

  test("is told no name of a field: fields are shown with values alone", async () => {
    expect(await hintOf(FIELD)).toMatch(/^run `/);
  });
});

test("an asker who may read the item is told the field that was meant", async () => {
  await asker.call("items.get", { vaultId, itemId });
  expect(await hintOf(FIELD)).toBe('did you mean "password"?');
});

test("a token is told what lies in its vaults, and of no other vault", async () => {
  const { token } = await person.channel.call("serviceAccounts.create", {
    password: PASSWORD,
    title: "CI",
    vaults: [{ vault: vaultId, permissions: ["read_items"] }],
  });
  const visitor = await agent.connect();
  const client = await visitor.call("clients.open", { token, integrationName: "CI", integrationVersion: "1" });
  const ask = (reference: string) =>
    visitor.call("secrets.resolve", { reference, ...client }).then(
      () => expect.fail("it was found"),
      (error: { hint?: string }) => error.hint,
    );
  expect(await ask(ITEM)).toBe('did you mean "Database"?');
  expect(await ask("op://Hiden/Database/password")).toMatch(/^run `/);
  visitor.close();
});
