// A lock comes while proofs wait for their turn. It counts no right password as wrong.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Channel } from "../../clients/typescript/channel.ts";
import { type InProcessAgent, passing, startInProcess } from "./in-process.ts";
import { makeAccount, PASSWORD } from "./person.ts";

let agent: InProcessAgent;
let program: Channel;
let account: string;

beforeEach(async () => {
  agent = await startInProcess();
  ({ account } = await passing(agent, makeAccount(agent)));
  program = await agent.connect();
});
afterEach(async () => {
  program.close();
  await agent.close();
});

const nameOf = (call: Promise<unknown>) =>
  call.then(
    () => "answered",
    (error: { errorName?: string }) => error.errorName ?? "unknown",
  );
const wrongPasswords = () => {
  const text = readFileSync(join(agent.home, "accounts", account, "account.json"), "utf8");
  return (JSON.parse(text) as { wrongPasswords: number }).wrongPasswords;
};

test("right passwords that wait when a lock comes are answered locked, and not counted as wrong", async () => {
  const waiting = [1, 2].map(() => nameOf(program.call("devices.list", { password: PASSWORD })));
  const locked = program.call("session.lock", {});
  const outcomes = await passing(agent, Promise.all(waiting));
  await locked;
  expect([...new Set(outcomes)].filter((outcome) => outcome !== "answered")).toEqual(["locked"]);
  expect(wrongPasswords()).toBe(0);
});

test("a wrong password that is being tried when a lock comes is counted", async () => {
  const trying = nameOf(program.call("devices.list", { password: "quite wrong" }));
  // A try is counted before it is checked.
  await expect.poll(wrongPasswords, { interval: 1 }).toBe(1);
  await program.call("session.lock", {});
  expect(["locked", "proofRefused"]).toContain(await passing(agent, trying));
  expect(wrongPasswords()).toBe(1);
});
