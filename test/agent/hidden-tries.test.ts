// A program of the same user tries passwords, ends the agent, and changes the file that counts them. The next unlock tells of what it hid.
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Channel } from "../../clients/typescript/channel.ts";
import { type InProcessAgent, passing, startInProcess } from "./in-process.ts";
import { PASSWORD } from "./person.ts";

let agent: InProcessAgent;
let channel: Channel;
let folder: string;

const run = <T>(promise: Promise<T>) => passing(agent, promise);
const file = () => join(folder, "account.json");
const kept = () => join(folder, "account.json.kept");

beforeEach(async () => {
  agent = await startInProcess();
  channel = await agent.connect();
  const made = await run(channel.call("accounts.create", { name: "Ada", password: PASSWORD, approvers: [] }));
  folder = join(agent.home, "accounts", made.account);
});
afterEach(() => agent.close());

/** Another agent on the same home, after the files were changed. */
async function again(change: () => void = () => undefined): Promise<void> {
  await agent.stop();
  channel.close();
  change();
  const { home, service } = agent;
  const next = await startInProcess(home, service);
  agent = { ...next, close: () => next.close().then(service.close) };
  channel = await agent.connect();
}

const edit = (changed: object) => () => {
  const read = JSON.parse(readFileSync(file(), "utf8")) as object;
  writeFileSync(file(), JSON.stringify({ ...read, ...changed }), { mode: 0o600 });
};

async function wrongUnlock(): Promise<void> {
  await expect(run(channel.call("session.unlock", { password: "quite wrong" }))).rejects.toMatchObject({
    errorName: "wrongPassword",
  });
}

async function wrongProof(): Promise<void> {
  await expect(run(channel.call("accounts.kit", { password: "quite wrong" }))).rejects.toMatchObject({
    errorName: "proofRefused",
  });
}

const unlock = () => run(channel.call("session.unlock", { password: PASSWORD }));

const told = (count: string) => expect.stringContaining(`${count} tried that account.json does not count`);

describe("the next unlock tells of wrong passwords that were hidden", () => {
  test("where the count was set back", async () => {
    await run(channel.call("session.lock", {}));
    await wrongUnlock();
    await wrongUnlock();
    await again(edit({ wrongPasswords: 0, lastWrongMs: 0 }));
    expect(await unlock()).toMatchObject({
      wrongPasswordTries: 0,
      warnings: [told("2 wrong account passwords were")],
    });
  });

  test("where the file was put back, and its count has grown again", async () => {
    await again(() => copyFileSync(file(), kept()));
    for (let round = 0; round < 3; round++) {
      await wrongUnlock();
      await again(() => copyFileSync(kept(), file()));
    }
    await wrongUnlock();
    expect(await unlock()).toMatchObject({
      wrongPasswordTries: 1,
      warnings: [told("3 wrong account passwords were")],
    });
  });

  test("where they were tried as proofs while the account was open", async () => {
    copyFileSync(file(), kept());
    await wrongProof();
    await again(() => copyFileSync(kept(), file()));
    expect(await unlock()).toMatchObject({
      wrongPasswordTries: 0,
      warnings: [told("1 wrong account password was")],
    });
  });

  test("once", async () => {
    await run(channel.call("session.lock", {}));
    await wrongUnlock();
    await again(edit({ wrongPasswords: 0 }));
    expect((await unlock()).warnings).toHaveLength(1);
    await again();
    expect((await unlock()).warnings).toEqual([]);
  });
});

describe("nothing is told as hidden", () => {
  test("of wrong passwords that the file counts", async () => {
    await run(channel.call("session.lock", {}));
    await wrongUnlock();
    await again();
    await wrongUnlock();
    expect(await unlock()).toMatchObject({ wrongPasswordTries: 2, warnings: [] });
  });

  test("of those before a right unlock", async () => {
    await run(channel.call("session.lock", {}));
    await wrongUnlock();
    await unlock();
    await again();
    expect(await unlock()).toMatchObject({ wrongPasswordTries: 0, warnings: [] });
  });

  test("of those before a right proof", async () => {
    await wrongProof();
    await run(channel.call("accounts.kit", { password: PASSWORD }));
    await again();
    expect(await unlock()).toMatchObject({ wrongPasswordTries: 0, warnings: [] });
  });
});
