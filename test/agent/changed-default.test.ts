// The file with the order of the accounts is not sealed. A person learns when another account became the default, at that account's unlock.
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Channel } from "../../clients/typescript/channel.ts";
import { makeAccount, makeWork, PASSWORD, WORK_PASSWORD } from "./person.ts";
import { type RunningAgent, startAgent } from "./start.ts";

const passwords = { Ada: PASSWORD, Work: WORK_PASSWORD };
type Name = keyof typeof passwords;
const proofOf = (name: Name) => ({ kind: "password", password: passwords[name] }) as const;
const TOLD = [expect.stringContaining("it became the default; choose another with `postern accounts default NAME`")];

let agent: RunningAgent;
let channel: Channel;
let ids: Readonly<Record<Name, string>>;

const orderFile = () => join(agent.home, "data", "account-order.json");
const told = async (account: Name) =>
  (await channel.call("session.unlock", { account, password: passwords[account] })).warnings;

beforeEach(async () => {
  agent = await startAgent();
  ids = { Ada: (await makeAccount(agent)).account, Work: (await makeWork(agent)).account };
  channel = await agent.connect();
});
afterEach(async () => {
  channel.close();
  await agent.remove();
});

/** Changes the file while no agent runs. */
async function changing(work: () => void): Promise<void> {
  channel.close();
  await agent.end();
  work();
  agent = await agent.restart();
  channel = await agent.connect();
}

test("nothing is told of the default that was there first, nor of one that a person chose", async () => {
  await changing(() => undefined);
  expect([await told("Ada"), await told("Work")]).toEqual([[], []]);
  await channel.call("accounts.setDefault", { account: "Work", proof: proofOf("Ada"), newProof: proofOf("Work") });
  await changing(() => undefined);
  expect([await told("Ada"), await told("Work")]).toEqual([[], []]);
});

test("a default that another program wrote into the file is told at its next unlock, once", async () => {
  await changing(() => {
    const order = JSON.parse(readFileSync(orderFile(), "utf8")) as object;
    writeFileSync(orderFile(), JSON.stringify({ ...order, default: ids.Work }), { mode: 0o600 });
  });
  expect([await told("Ada"), await told("Work")]).toEqual([[], TOLD]);
  await changing(() => undefined);
  expect([await told("Ada"), await told("Work")]).toEqual([[], []]);
});

test("a former default that another program brought back is told too", async () => {
  await channel.call("accounts.setDefault", { account: "Work", proof: proofOf("Ada"), newProof: proofOf("Work") });
  await changing(() => {
    const order = JSON.parse(readFileSync(orderFile(), "utf8")) as object;
    writeFileSync(orderFile(), JSON.stringify({ ...order, default: ids.Ada }), { mode: 0o600 });
  });
  expect([await told("Work"), await told("Ada")]).toEqual([[], TOLD]);
});

test("an order that was deleted is told where it makes another account the default", async () => {
  await changing(() => rmSync(orderFile()));
  // By their ids, either of the two may be first.
  const byId: Name = ids.Ada < ids.Work ? "Ada" : "Work";
  expect(await told(byId)).toEqual(byId === "Ada" ? [] : TOLD);
});

test("an account that is the default since another one was signed out is told at its next unlock", async () => {
  await channel.call("accounts.create", { name: "Club", password: PASSWORD, proof: proofOf("Ada") });
  await channel.call("accounts.remove", { account: "Ada", password: PASSWORD });
  await channel.call("session.lock", { account: "Work" });
  expect(await told("Work")).toEqual(TOLD);
  expect(await told("Work")).toEqual([]);
});
