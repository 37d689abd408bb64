// A yes that was widened to the account, as it is offered for a program's client: what it covers, and what asks by itself.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Channel } from "../../clients/typescript/channel.ts";
import { attachPerson, makeAccount, type Person } from "./person.ts";
import { type RunningAgent, startAgent } from "./start.ts";

let agent: RunningAgent;
let person: Person;
let channel: Channel;
let client: string;
let vaultId: string;

const outcomeOf = (call: Promise<unknown>) =>
  call.then(
    () => "answered",
    (error: { errorName?: string }) => error.errorName ?? "unknown",
  );

beforeAll(async () => {
  agent = await startAgent();
  await makeAccount(agent);
  person = await attachPerson(agent);
  channel = await agent.connect();
  ({ client } = await channel.call("clients.open", { integrationName: "shop", integrationVersion: "1" }));
  const made = channel.call("vaults.create", { client, title: "Shop" });
  await person.yes(await person.next());
  vaultId = (await made).id;
});
afterAll(async () => {
  person.leave();
  channel.close();
  await agent.remove();
});

test("a program's client is offered the account, and its text says what is left out", async () => {
  const asking = outcomeOf(channel.call("items.get", { client, vaultId: "b".repeat(26), itemId: "c".repeat(26) }));
  const prompt = await person.next();
  const [shown] = (await person.channel.call("prompts.list", { code: prompt.code })).prompts;
  expect(shown?.offered).toEqual({ width: "account", verb: "write" });
  const [wide] = (await person.channel.call("prompts.list", { code: prompt.code, choice: shown?.offered ?? {} }))
    .prompts;
  expect(wide?.text).toContain("You also allow to read, change and delete everything in the account.");
  expect(wide?.text).toContain("Sharing, deleting a vault, and changing who may use one ask by themselves.");
  await person.yes(prompt, shown?.offered);
  expect(await asking).toMatch(/NotFound$/);
});

test("it covers reading and changing, in every vault", async () => {
  const fields = [{ id: "p", title: "p", fieldType: "Concealed" as const, value: "x" }];
  const item = { vaultId, title: "DB", category: "Password" as const, fields };
  const { id: itemId } = await channel.call("items.create", { client, item, noWait: true });
  await channel.call("items.get", { client, vaultId, itemId, noWait: true });
  await channel.call("items.delete", { client, vaultId, itemId, noWait: true });
});

test.each([
  ["vaults.delete", () => channel.call("vaults.delete", { client, vaultId: "b".repeat(26), noWait: true })],
  ["groups.create", () => channel.call("groups.create", { client, title: "Ops", noWait: true })],
  [
    "vaults.revokeGroupPermissions",
    () =>
      channel.call("vaults.revokeGroupPermissions", {
        ...{ client, vaultId: "b".repeat(26), groupId: "c".repeat(26), noWait: true },
      }),
  ],
  [
    "items.shares.create",
    () =>
      channel.call("items.shares.create", {
        ...{ client, vaultId: "b".repeat(26), itemId: "c".repeat(26), noWait: true },
        params: { oneTimeOnly: true },
      }),
  ],
])("%s asks by itself", async (_method, call) => {
  expect(await outcomeOf(call())).toBe("approvalRequired");
});

test("a yes to changing everything in a vault, as it was asked for, leaves them out too", async () => {
  await channel.call("grants.revoke", { all: true });
  const asking = channel.call("names.locate", { purpose: "change", names: [{ vault: "Shop" }] });
  await person.yes(await person.next());
  await asking;
  const item = { vaultId, title: "Mail", category: "Password" as const };
  const { id: itemId } = await channel.call("items.create", { item, noWait: true });
  const acts = [
    channel.call("vaults.grantGroupPermissions", { vaultId, groupPermissions: [], noWait: true }),
    channel.call("items.shares.create", { vaultId, itemId, params: { oneTimeOnly: true }, noWait: true }),
    channel.call("vaults.delete", { vaultId, noWait: true }),
  ];
  expect(await Promise.all(acts.map(outcomeOf))).toEqual(acts.map(() => "approvalRequired"));
});

test("a yes to one of them is for that act, and for no other", async () => {
  await channel.call("grants.revoke", { all: true });
  const changing = { vaultId, groupId: "c".repeat(26) };
  const asking = outcomeOf(channel.call("vaults.revokeGroupPermissions", changing));
  const prompt = await person.next();
  expect(prompt.text.join("\n")).toContain("and change who may use it: ");
  await person.yes(prompt);
  expect(await asking).toMatch(/NotFound$/);
  const other = channel.call("names.locate", { purpose: "access", names: [{ vault: vaultId }], noWait: true });
  expect(await outcomeOf(other)).toBe("answered");
  const acts = [
    channel.call("vaults.delete", { vaultId, noWait: true }),
    channel.call("items.shares.create", {
      ...{ vaultId, itemId: "c".repeat(26) },
      params: { oneTimeOnly: true },
      noWait: true,
    }),
  ];
  expect(await Promise.all(acts.map(outcomeOf))).toEqual(acts.map(() => "approvalRequired"));
});

test("no part of it is a right to manage: the whole lists still take a proof", async () => {
  expect(await outcomeOf(channel.call("prompts.attach", {}))).toBe("proofRequired");
});
