// The file with the order of the accounts is not sealed. A person learns when another account became the default, at that account's unlock.
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Channel } from "../../clients/typescript/channel.ts";
import { becameDefault } from "../../daemon/session/default-mark.ts";
import { type InProcess, inProcess } from "../service/doors.ts";
import { type InProcessAgent, passing, startInProcess } from "./in-process.ts";
import { makeAccount, makeWork, PASSWORD, WORK_PASSWORD } from "./person.ts";

const passwords = { Ada: PASSWORD, Work: WORK_PASSWORD };
type Name = keyof typeof passwords;
const proofOf = (name: Name) => ({ kind: "password", password: passwords[name] }) as const;
const TOLD = [expect.stringContaining("it became the default; choose another with `postern accounts default NAME`")];

let service: InProcess;
let agent: InProcessAgent;
let channel: Channel;
let ids: Readonly<Record<Name, string>>;

const orderFile = () => join(agent.home, "account-order.json");
const told = async (account: Name) =>
  (await passing(agent, channel.call("session.unlock", { account, password: passwords[account] }))).warnings;

async function choose(next: Name, present: Name): Promise<void> {
  const params = { account: next, proof: proofOf(present), newProof: proofOf(next) };
  await passing(agent, channel.call("accounts.setDefault", params));
}

beforeEach(async () => {
  service = await inProcess();
  agent = await startInProcess(undefined, service);
  const ada = await passing(agent, makeAccount(agent));
  const work = await passing(agent, makeWork(agent));
  ids = { Ada: ada.account, Work: work.account };
  channel = await agent.connect();
});
afterEach(async () => {
  channel.close();
  await agent.close();
  await service.close();
});

/** Changes the file while no agent runs. */
async function changing(work: () => void): Promise<void> {
  channel.close();
  const { home } = agent;
  await agent.stop();
  work();
  agent = await startInProcess(home, service);
  channel = await agent.connect();
}

test("nothing is told of the default that was there first, nor of one that a person chose", async () => {
  await changing(() => undefined);
  expect([await told("Ada"), await told("Work")]).toEqual([[], []]);
  await choose("Work", "Ada");
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
  await choose("Work", "Ada");
  await changing(() => {
    const order = JSON.parse(readFileSync(orderFile(), "utf8")) as object;
    writeFileSync(orderFile(), JSON.stringify({ ...order, default: ids.Ada }), { mode: 0o600 });
  });
  expect([await told("Work"), await told("Ada")]).toEqual([[], TOLD]);
});

test("an order that was deleted is told where it makes another account the default", async () => {
  // Without the file, the order of the ids counts. So the account that is not first by id is made the default before.
  const [first, second]: readonly [Name, Name] = ids.Ada < ids.Work ? ["Ada", "Work"] : ["Work", "Ada"];
  if (second === "Work") await choose("Work", "Ada");
  await changing(() => rmSync(orderFile()));
  expect([await told(second), await told(first)]).toEqual([[], TOLD]);
});

test("an account that is the default since another one was signed out is told at its next unlock", async () => {
  const call = <T>(work: Promise<T>) => passing(agent, work);
  await call(channel.call("accounts.create", { name: "Club", password: PASSWORD, proof: proofOf("Ada") }));
  await call(channel.call("accounts.remove", { account: "Ada", password: PASSWORD }));
  await call(channel.call("session.lock", { account: "Work" }));
  expect(await told("Work")).toEqual(TOLD);
  expect(await told("Work")).toEqual([]);
});

test("an account that was locked right after its unlock tells nothing then", async () => {
  expect(await becameDefault({ unlocked: undefined } as never)).toBe(false);
});
