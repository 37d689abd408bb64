// Strange things in place of the agent's files. The agent names the file, the reason and the next step. It starts once that is repaired.
import { execFileSync, spawnSync } from "node:child_process";
import {
  chownSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { postern } from "../cli/postern.ts";
import { NOBODY } from "../daemon/peer/children.ts";
import { agentOptions, agentProgram } from "../programs.ts";
import { makeAccount, PASSWORD } from "./person.ts";
import { startAgent } from "./start.ts";

let folder: string;
/** A home with an account. Each test gets a copy. */
let whole: string;
let home: string;
let account: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "postern-ow-"));
  whole = join(folder, "whole");
  mkdirSync(whole, { mode: 0o700 });
  const agent = await startAgent(whole);
  ({ account } = await makeAccount(agent));
  await agent.end();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let copies = 0;
beforeEach(() => {
  home = join(folder, `${copies++}`);
  cpSync(whole, home, { recursive: true });
});

/** A file under the data folder. ID stands for the account. */
const at = (name: string) => join(home, "data", name.replace("ID", account));

/** Starts an agent that does not come up. It has a deadline, since a pipe could make it wait for ever. */
function refusedStart() {
  return spawnSync(process.execPath, [...agentOptions, agentProgram], {
    env: { HOME: home, POSTERN_HOME: home },
    encoding: "utf8",
    timeout: 10_000,
  });
}

const ways = {
  "a link": (path: string) => symlinkSync("/dev/null", path),
  "a folder": (path: string) => mkdirSync(path),
  "a pipe": (path: string) => execFileSync("mkfifo", [path]),
  "another user's": (path: string) => {
    writeFileSync(path, "", { mode: 0o600 });
    chownSync(path, NOBODY, NOBODY);
  },
} as const;

const AUDIT = "accounts/ID/audit-000001.log";

describe.each([AUDIT, "agent.lock"])("%s in the agent's folder", (name) => {
  const possible = Object.keys(ways).filter(
    (way) => !(way === "another user's" && (name === "agent.lock" || process.getuid?.() !== 0)),
  ) as (keyof typeof ways)[];
  test.each(possible)("that is %s is reported by its name, with the next step", (way) => {
    rmSync(at(name), { recursive: true });
    ways[way](at(name));
    const refused = refusedStart();
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain(at(name));
    expect(refused.stderr).toMatch(/^postern agent: .+\n {2}next: .+\n(?!.)/m);
  });
});

test("a lock that is damaged is reported by its name", () => {
  writeFileSync(at("agent.lock"), "x".repeat(4096));
  const refused = refusedStart();
  expect(refused.status).toBe(1);
  expect(refused.stderr).toContain(`the instance lock ${at("agent.lock")} cannot be used`);
});

const stores: readonly [string, string, string][] = [
  ["service.sqlite", "a link", "is a link"],
  ["service.sqlite-wal", "a link", "is a link"],
];
test.each(stores)(
  "a %s that is %s is reported to the caller who needs it, and the account opens once it is repaired",
  async (name, way, why) => {
    cpSync(at("service.sqlite"), join(home, "kept"));
    rmSync(at(name), { recursive: true, force: true });
    ways[way as keyof typeof ways](at(name));
    const agent = await startAgent(home);
    const channel = await agent.connect();
    await expect(channel.call("session.unlock", { password: PASSWORD })).rejects.toMatchObject({
      errorName: "fileUnusable",
      message: expect.stringContaining(`${at(name)} ${why}`),
    });
    const ran = await postern(["unlock", "--password-fd", "3"], { home, secrets: [PASSWORD] });
    expect([ran.code, ran.err]).toEqual([8, expect.stringContaining(`${at(name)} ${why}`)]);
    rmSync(at(name), { recursive: true });
    cpSync(join(home, "kept"), at("service.sqlite"));
    // The password was right, and no message may say otherwise.
    expect(await channel.call("session.unlock", { password: PASSWORD })).toMatchObject({ wrongPasswordTries: 0 });
    await agent.remove();
  },
);

test("a store that is damaged is reported by its name", async () => {
  writeFileSync(at("service.sqlite"), "x".repeat(8192));
  for (const end of ["-wal", "-shm"]) rmSync(at(`service.sqlite${end}`), { force: true });
  const ran = await postern(["unlock", "--password-fd", "3"], { home, secrets: [PASSWORD] });
  expect(ran.code).toBe(8);
  expect(ran.err).toContain(`the store ${at("service.sqlite")} is damaged`);
  await postern(["agent", "stop"], { home });
});

test.each(["a link", "a folder", "a pipe"] as const)(
  "a log that is %s does not end the start without a message",
  async (way) => {
    rmSync(at("agent.log"), { force: true });
    ways[way](at("agent.log"));
    const before = readdirSync(at("."));
    const ran = await postern(["agent", "start"], { home });
    expect(ran).toMatchObject({ code: 2, out: "" });
    expect(ran.err).toContain(`postern: the agent's log ${at("agent.log")} is no file`);
    expect(ran.err).toMatch(/\n {2}next: .+\n$/);
    expect(readdirSync(at("."))).toEqual(before);
  },
);

test.each([
  ["gone", () => undefined],
  ["empty", () => writeFileSync(at("service.sqlite"), "", { mode: 0o600 })],
])("a store that is %s blames no password, and counts none", async (_how, lay) => {
  const stores = readdirSync(at("")).filter((name) => /^service\.sqlite(-wal|-shm)?$/.test(name));
  for (const name of stores) renameSync(at(name), `${at(name)}.away`);
  lay();
  const agent = await startAgent(home);
  const channel = await agent.connect();
  for (let tries = 0; tries < 4; tries++)
    await expect(channel.call("session.unlock", { password: PASSWORD })).rejects.toMatchObject({
      errorName: "fileUnusable",
      message: expect.stringContaining("service.sqlite is empty or gone"),
    });
  for (const name of stores) renameSync(`${at(name)}.away`, at(name));
  expect(await channel.call("session.unlock", { password: PASSWORD })).toMatchObject({ wrongPasswordTries: 0 });
  channel.close();
  await agent.end();
});

test("a restore from a pipe that nobody writes is refused at once", async () => {
  const pipe = join(home, "pipe");
  execFileSync("mkfifo", [pipe]);
  expect(await postern(["restore", pipe], { home })).toMatchObject({
    code: 2,
    err: expect.stringContaining("is no file"),
  });
});
