// A new account may be cut off while it is made. The next unlock finishes it and tells the person.
import { existsSync, mkdirSync, readdirSync, readFileSync, watch, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import type { Channel } from "../../clients/typescript/channel.ts";
import { inProcess } from "../service/doors.ts";
import { passing, startInProcess } from "./in-process.ts";
import { attachPerson, makeAccount, PASSWORD } from "./person.ts";
import { type RunningAgent, startAgent } from "./start.ts";

const CUT_OFF = expect.stringContaining("was cut off while it was made, and is whole now; write its emergency kit");

async function vaultsOf(agent: Pick<RunningAgent, "connect">, channel: Channel): Promise<string[]> {
  const person = await attachPerson(agent);
  person.always("yes");
  const { vaults } = await channel.call("vaults.list", {});
  person.leave();
  return vaults.map(({ title }) => title);
}

test("an account whose first vault could not be made has it after the next unlock, once", async () => {
  const service = await inProcess();
  let isCut = true;
  const fetch: typeof service.address.fetch = (request) => {
    if (isCut && request.url.endsWith("/vaults.create")) throw new TypeError("fetch failed");
    return service.address.fetch(request);
  };
  const agent = await startInProcess(undefined, { ...service, address: { ...service.address, fetch } });
  await expect(passing(agent, makeAccount(agent))).rejects.toMatchObject({ errorName: "offline" });
  isCut = false;
  const channel = await agent.connect();
  const unlocks = [1, 2].map(() => channel.call("session.unlock", { password: PASSWORD }));
  const told = (await passing(agent, Promise.all(unlocks))).flatMap(({ warnings }) => warnings);
  expect(told).toEqual([CUT_OFF]);
  expect(await passing(agent, vaultsOf(agent, channel))).toEqual(["Personal"]);
  channel.close();
  await agent.close();
  await service.close();
});

describe("an agent", () => {
  let agent: RunningAgent;
  afterEach(() => agent.remove());

  const folders = () => readdirSync(join(agent.home, "data", "accounts"));

  /** Fulfilled when an account's file is there. */
  const fileMade = () =>
    new Promise<void>((resolve) => {
      const accounts = join(agent.home, "data", "accounts");
      mkdirSync(accounts, { recursive: true, mode: 0o700 });
      const look = () => {
        if (!folders().some((id) => existsSync(join(accounts, id, "account.json")))) return;
        watcher.close();
        resolve();
      };
      const watcher = watch(accounts, { recursive: true }, look);
    });

  test("killed while it makes an account finishes that account at the next unlock", async () => {
    agent = await startAgent();
    const made = fileMade();
    const making = makeAccount(agent).catch((error: unknown) => error);
    await made;
    await agent.end("SIGKILL");
    expect(await making).toBeInstanceOf(Error);
    agent = await agent.restart();
    const channel = await agent.connect();
    expect((await channel.call("session.unlock", { password: PASSWORD })).warnings).toEqual([CUT_OFF]);
    expect((await channel.call("session.unlock", { password: PASSWORD })).warnings).toEqual([]);
    expect(await vaultsOfByPassword(channel)).toEqual(["Personal"]);
    expect(await channel.call("accounts.kit", { password: PASSWORD })).toMatchObject({ name: "Ada" });
    channel.close();
  });

  /** The titles of the vaults. The account has no PIN, so its password approves. */
  async function vaultsOfByPassword(channel: Channel): Promise<string[]> {
    const proof = { kind: "password", password: PASSWORD } as const;
    const approver = await agent.connect();
    approver.onNotification((method, params) => {
      if (method !== "prompt.opened" || params.text === undefined) return;
      const { code, hash } = params as { code: string; hash: string };
      void approver.call("prompts.answer", { code, hash, answer: "yes", proof });
    });
    await approver.call("prompts.attach", { proof });
    const { vaults } = await channel.call("vaults.list", {});
    approver.close();
    return vaults.map(({ title }) => title);
  }

  test("whose account file says unfinished in an unknown way does not start", async () => {
    agent = await startAgent();
    await makeAccount(agent);
    await agent.end();
    const [id = ""] = folders();
    const path = join(agent.home, "data", "accounts", id, "account.json");
    const file = JSON.parse(readFileSync(path, "utf8")) as object;
    expect(file).not.toHaveProperty("unfinished");
    writeFileSync(path, JSON.stringify({ ...file, unfinished: "no" }), { mode: 0o600 });
    await expect(agent.restart()).rejects.toThrow("says in an unknown way that it is unfinished");
  });
});
