// Where the agent is, which agent it is, and whether it answers. The tests show how a command reports and handles each
// case.

import { spawn } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { SILENT_MS } from "../../clients/cli/agent/dial.ts";
import { parse } from "../../clients/cli/agent/whereabouts.ts";
import { makeAccount } from "../agent/person.ts";
import { type RunningAgent, startAgent } from "../agent/start.ts";
import { postern, startPostern } from "../cli/postern.ts";
import { agentOptions } from "../programs.ts";

let home: string;
let agent: RunningAgent | undefined;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "postern-wh-"));
});
afterEach(async () => {
  agent?.process.kill("SIGCONT");
  await postern(["agent", "stop"], { home });
  await agent?.remove();
  agent = undefined;
  rmSync(home, { recursive: true, force: true });
});

const where = () => join(home, "data/agent.where");

test("an agent of this home that listens elsewhere is found and used, and that is said", async () => {
  mkdirSync(join(home, "there"), { mode: 0o700 });
  mkdirSync(join(home, "here"), { mode: 0o700 });
  const socket = join(home, "there/agent.sock");
  const started = await postern(["agent", "start"], { home, env: { POSTERN_SOCKET: socket } });
  expect(started.code).toBe(0);
  const env = { POSTERN_SOCKET: join(home, "here/agent.sock") };
  for (const words of [
    ["status", "--json"],
    ["agent", "start", "--json"],
    ["lock", "--json"],
    ["agent", "stop"],
  ]) {
    const ran = await postern(words, { home, env });
    expect([words, ran.code]).toEqual([words, 0]);
    expect(ran.err).toContain(`postern: the agent of this home listens at ${socket}, and not at ${env.POSTERN_SOCKET}`);
    if (words[0] === "status") expect(JSON.parse(ran.out)).toMatchObject({ running: true, sameInstallation: true });
  }
  expect(await postern(["agent", "stop"], { home, env })).toMatchObject({ out: "No agent is running.\n", err: "" });
});

test("a second agent says which one it met, and where that listens", async () => {
  agent = await startAgent(home);
  const ran = await postern(["agent", "run"], { home });
  expect(ran.code).toBe(1);
  expect(ran.err).toContain(
    `another agent already runs for this home (process ${agent.process.pid}, which listens at ${agent.socket})`,
  );
  await agent.end();
  expect(() => readFileSync(where())).toThrow("ENOENT");
});

test("what a killed agent left of itself keeps nobody from starting another", async () => {
  agent = await startAgent(home);
  await agent.end("SIGKILL");
  expect(JSON.parse(readFileSync(where(), "utf8"))).toMatchObject({ pid: agent.process.pid, socket: agent.socket });
  mkdirSync(join(home, "here"), { mode: 0o700 });
  const env = { POSTERN_SOCKET: join(home, "here/agent.sock") };
  expect((await postern(["status"], { home, env })).code).toBe(6);
  expect(await postern(["agent", "start"], { home, env })).toMatchObject({ code: 0, err: "" });
  expect((await postern(["agent", "stop"], { home, env })).out).toBe("The agent has ended.\n");
});

const spoilt: readonly [string, () => void][] = [
  ["a link", () => symlinkSync("/etc/passwd", where())],
  ["a folder", () => mkdirSync(where())],
  ["no JSON", () => writeFileSync(where(), "{")],
];
test.each(spoilt)(
  "a recorded place of the agent that is %s has no effect, and the agent starts and ends",
  async (_what, make) => {
    mkdirSync(join(home, "data"), { mode: 0o700 });
    make();
    expect(await postern(["agent", "start"], { home })).toMatchObject({ code: 0, err: "" });
    expect(await postern(["agent", "stop"], { home })).toMatchObject({ out: "The agent has ended.\n", err: "" });
  },
);

test("any text is a place or none, and never an error", () => {
  const whole = { pid: 1, socket: "/s", version: "1", program: "/p" };
  expect(parse(JSON.stringify(whole))).toEqual(whole);
  for (const wrong of [{ pid: 0 }, { pid: 1.5 }, { socket: "s" }, { socket: 1 }, { program: "" }, { version: "\0" }])
    expect(parse(JSON.stringify({ ...whole, ...wrong }))).toBeUndefined();
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      const found = parse(text);
      return found === undefined || found.socket.startsWith("/");
    }),
  );
});

test("an agent of another installation is told by status and at the first prompt, and a restart cures it", async () => {
  // The agent treats the same sources in another folder as another installation.
  const root = realpathSync(fileURLToPath(new URL("../..", import.meta.url)));
  const other = join(home, "other");
  for (const part of ["daemon", "protocol", "service", "clients", "package.json"])
    cpSync(join(root, part), join(other, part), { recursive: true, filter: (path) => !path.includes("node_modules") });
  symlinkSync(join(root, "node_modules"), join(other, "node_modules"));
  const program = join(other, "daemon/main.ts");
  const child = spawn(process.execPath, [...agentOptions, program], {
    env: { HOME: home, POSTERN_HOME: home },
    stdio: "ignore",
    cwd: "/",
  });
  try {
    await expect.poll(async () => (await postern(["status"], { home })).code, { timeout: 15_000 }).toBe(0);
    const status = await postern(["status"], { home });
    expect(status.out).toContain(`the agent is of another installation (${program}, version `);
    expect(status.out).toContain("  next: run `postern agent restart`");
    expect(JSON.parse((await postern(["status", "--json"], { home })).out)).toMatchObject({
      program,
      sameInstallation: false,
    });
    await makeAccount({
      connect: async () =>
        (await import("../../clients/typescript/channel.ts")).openChannel(join(home, "run/agent.sock"), {
          name: "test",
          version: "1",
        }),
    });
    const refused = await postern(["read", "op://Personal/A/password", "--no-wait"], { home });
    expect(refused.code).toBe(4);
    expect(refused.err).toContain(`postern: the agent is of another installation (${program}`);
    const waiting = startPostern(["read", "op://Personal/A/password"], { home });
    let told = "";
    waiting.child.stderr?.on("data", (text: Buffer) => {
      told += text.toString();
    });
    await expect.poll(() => told, { timeout: 10_000 }).toContain("waiting for approval, code");
    // The cure comes before the wait for the approval.
    expect(told).toMatch(/is of another installation.*agent restart.*waiting for approval, code/s);
    waiting.child.kill();
    await waiting.ended;
    const restarted = await postern(["agent", "restart"], { home });
    expect(restarted).toMatchObject({ code: 0 });
    expect(restarted.out).toContain("The agent was restarted, and everything is locked.");
    const after = JSON.parse((await postern(["status", "--json"], { home })).out);
    expect(after).toMatchObject({ sameInstallation: true, state: "locked" });
  } finally {
    child.kill("SIGKILL");
  }
}, 60_000);

test("a restart where no agent runs starts one", async () => {
  const ran = await postern(["agent", "restart", "--json"], { home });
  expect(ran.code).toBe(0);
  expect(JSON.parse(ran.out)).toMatchObject({ running: true, restarted: false, sameInstallation: true });
});

test.each([["status"], ["read", "op://Personal/A/password"]])(
  "a stopped agent is named to `%s` after two seconds, and answers once it goes on",
  async (...words) => {
    agent = await startAgent(home);
    agent.process.kill("SIGSTOP");
    const { child, ended } = startPostern(words, { home });
    let told = "";
    const began = performance.now();
    child.stderr?.on("data", (text: Buffer) => {
      told += text.toString();
    });
    const { pid } = agent.process;
    await expect
      .poll(() => told, { timeout: 15_000 })
      .toContain(
        `postern: waiting for the agent (process ${pid}), which is stopped\n  next: let it go on with \`kill -CONT ${pid}\``,
      );
    expect(performance.now() - began).toBeGreaterThanOrEqual(SILENT_MS);
    agent.process.kill("SIGCONT");
    expect((await ended).code).toBe(words[0] === "status" ? 0 : 3);
  },
);

test("a wrong token keeps nobody from the agent and a person's own account", async () => {
  agent = await startAgent(home);
  await makeAccount(agent);
  const env = { POSTERN_SERVICE_ACCOUNT_TOKEN: "postern_not-one" };
  for (const words of [["agent", "start"], ["status"], ["lock"], ["agent", "restart"]])
    expect([words, await postern(words, { home, env })]).toEqual([
      words,
      expect.objectContaining({ code: 0, err: "" }),
    ]);
  expect((await postern(["read", "op://a/b/c"], { home, env })).code).toBe(2);
});
