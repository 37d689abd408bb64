// A machine in trouble: a jumping clock, a full disk, a read-only home, a bad place for a start. A clear error names the next step, and
// nothing is changed.
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createClient, DesktopAuth } from "../../clients/typescript/client.ts";
import { ConnectionLost, TimedOut } from "../../clients/typescript/local-error.ts";
import { momentOf, SET_BACK_MS_MAX } from "../../daemon/host/clock.ts";
import { createLog } from "../../daemon/host/log.ts";
import { loadSodium } from "../../daemon/host/sodium.ts";
import { IDLE_MS, SUSPENDED_MS, UNLOCKED_MS_MAX } from "../../daemon/session/idle.ts";
import { createSessions } from "../../daemon/session/sessions.ts";
import { newId } from "../../protocol/crypto/encoding.ts";
import { formatSecretKey, newSecretKey } from "../../protocol/crypto/secret-key.ts";
import { fakeClock } from "../daemon/host/fake-clock.ts";
import { agentOptions, agentProgram } from "../programs.ts";
import { inProcess } from "../service/doors.ts";
import { hasTool } from "../tools.ts";
import { attachPerson, makeAccount, PASSWORD } from "./person.ts";
import { startAgent } from "./start.ts";

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "postern-tr-"));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

/** Starts an agent that does not come up. Returns its message. */
function refusedStart(
  env: Record<string, string> = {},
  options = agentOptions,
): { status: number | null; stderr: string } {
  return spawnSync(process.execPath, [...options, agentProgram], {
    env: { HOME: home, POSTERN_HOME: home, ...env },
    encoding: "utf8",
    timeout: 20_000,
  });
}

describe("an agent refuses to start and says what to do", () => {
  test.each([
    ["without --disable-sigusr1", {}, ["--no-warnings"], "--disable-sigusr1"],
    ["under NODE_OPTIONS", { NODE_OPTIONS: "--no-warnings" }, agentOptions, "NODE_OPTIONS"],
  ] as const)("%s", (_what, env, options, expected) => {
    const refused = refusedStart(env, [...options]);
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain(expected);
    expect(refused.stderr).toContain("next: ");
  });

  test("where its folder is open to others", () => {
    mkdirSync(join(home, "data"), { mode: 0o755 });
    chmodSync(join(home, "data"), 0o755);
    const refused = refusedStart();
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain("chmod 700");
  });

  test("where its folder is a link", () => {
    mkdirSync(join(home, "real"), { mode: 0o700 });
    symlinkSync(join(home, "real"), join(home, "data"));
    expect(refusedStart().stderr).toContain("is not a folder");
  });

  test("where a file lies at the socket's path", () => {
    mkdirSync(join(home, "run"), { mode: 0o700 });
    writeFileSync(join(home, "run", "agent.sock"), "");
    expect(refusedStart().stderr).toContain("no socket");
  });

  test("twice in one home", async () => {
    const first = await startAgent(home);
    expect(refusedStart().stderr).toContain("another agent already runs for this home");
    await first.end();
  });
});

test.skipIf(process.getuid?.() !== 0 || !hasTool("mount"))(
  "a full disk refuses the write with a named error, and everything else is as before (needs root to mount)",
  // Two starts and five passwords: on a busy machine that alone is half a minute.
  { timeout: 120_000 },
  async () => {
    // 3 MB are enough for an account and not for a file. The mount has its own namespace if the kernel allows one.
    const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=3m,mode=0700", "tmpfs", home]);
    expect(mounted.status).toBe(0);
    const agent = await startAgent(home);
    try {
      await makeAccount(agent);
      const person = await attachPerson(agent);
      person.always("yes");
      const client = await createClient({ auth: new DesktopAuth(), socket: agent.socket });
      const vault = await client.vaults.create({ title: "Demo" });
      const value = "x".repeat(200_000);
      const make = (title: string) =>
        client.items.create({
          vaultId: vault.id,
          title,
          category: "Password",
          fields: [{ id: "password", title: "password", fieldType: "Concealed", value }],
        });
      const outcomes: string[] = [];
      let made = 0;
      for (let index = 0; index < 40; index++) {
        const outcome = await make(`item ${index}`).then(
          () => "made",
          (error: { errorName: string }) => error.errorName,
        );
        outcomes.push(outcome);
        if (outcome !== "made") break;
        made++;
      }
      expect(["diskFull", "auditUnwritable"]).toContain(outcomes.at(-1));
      client.close();
      await agent.end("SIGKILL");
      // There is room again. Every acknowledged write is there.
      expect(spawnSync("mount", ["-o", "remount,size=64m", home]).status).toBe(0);
      const again = await agent.restart();
      const channel = await again.connect();
      await channel.call("session.unlock", { password: PASSWORD });
      const second = await attachPerson(again);
      second.always("yes");
      const { items } = await channel.call("items.list", { vaultId: vault.id });
      expect(items.length).toBeGreaterThanOrEqual(made);
      const verdict = await channel.call("audit.verify", { proof: { kind: "password", password: PASSWORD } });
      expect(verdict.problems).toEqual([]);
      await again.end();
    } finally {
      agent.process.kill("SIGKILL");
      spawnSync("umount", ["-l", home]);
    }
  },
);

test.skipIf(process.getuid?.() !== 0 || !hasTool("mount"))(
  "a read-only home is reported at the start (needs root to mount)",
  () => {
    expect(spawnSync("mount", ["-t", "tmpfs", "-o", "size=1m,mode=0700,ro", "tmpfs", home]).status).toBe(0);
    try {
      const refused = refusedStart();
      expect(refused.status).toBe(1);
      expect(refused.stderr).toMatch(/postern agent: .+\n {2}next: /);
    } finally {
      spawnSync("umount", ["-l", home]);
    }
  },
);

describe("an unlocked account locks by its clocks:", () => {
  const crypto = loadSodium();

  async function unlockedSessions() {
    const door = await inProcess();
    const clock = fakeClock();
    const ids = { account: newId(crypto), user: newId(crypto), device: newId(crypto) };
    const secretKey = formatSecretKey(crypto, newSecretKey(crypto));
    const locked: string[] = [];
    const sessions = createSessions({
      collect: () => {},
      hearsScreen: () => false,
      home,
      crypto: { ...crypto, wipeAll: () => undefined },
      clock,
      log: { ...createLog(), note: () => undefined },
      embedded: () => Promise.resolve(door.address),
      events: { locked: (account) => locked.push(account), unlocked: () => undefined, removed: () => undefined },
    });
    const file = { ...ids, name: "Ada", service: "embedded", secretKey, wrongPasswords: 0, lastWrongMs: 0 };
    await sessions.make(file, { password: PASSWORD, registrationToken: undefined }, {}, false);
    return { door, clock, sessions, locked };
  }

  test.each([
    [
      "ten idle minutes",
      (clock: ReturnType<typeof fakeClock>) => clock.advance(IDLE_MS),
      (clock: ReturnType<typeof fakeClock>) => clock.advance(1),
    ],
    [
      "the machine's sleep",
      (clock: ReturnType<typeof fakeClock>) => clock.sleep(SUSPENDED_MS),
      (clock: ReturnType<typeof fakeClock>) => clock.sleep(1),
    ],
    [
      "a wall clock set back by more than a minute",
      (clock: ReturnType<typeof fakeClock>) => clock.setWall(clock.wallMs() - SET_BACK_MS_MAX),
      (clock: ReturnType<typeof fakeClock>) => clock.setWall(clock.wallMs() - 1),
    ],
  ])("%s, and not a moment before", async (_what, atLimit, onePast) => {
    const { door, clock, sessions, locked } = await unlockedSessions();
    atLimit(clock);
    expect(sessions.open(undefined).unlocked).toBeDefined();
    onePast(clock);
    expect(() => sessions.open(undefined)).toThrow("locked");
    expect(locked).toHaveLength(1);
    await sessions.close();
    await door.close();
  });

  test("twelve hours, however busy", async () => {
    const { door, clock, sessions } = await unlockedSessions();
    for (let passed = 0; passed + IDLE_MS <= UNLOCKED_MS_MAX; passed += IDLE_MS) {
      sessions.touch(sessions.open(undefined).unlocked, momentOf(clock));
      clock.advance(IDLE_MS);
    }
    sessions.touch(sessions.open(undefined).unlocked, momentOf(clock));
    clock.advance(1);
    expect(() => sessions.open(undefined)).toThrow("locked");
    await sessions.close();
    await door.close();
  });
});

describe("the TypeScript client", () => {
  test("connects once more after an agent's restart, and its call waits for the unlock", async () => {
    const agent = await startAgent(home);
    await makeAccount(agent);
    const asked = Promise.withResolvers<string>();
    const onPrompt = ({ code }: { code: string }) => asked.resolve(code);
    const client = await createClient({ auth: new DesktopAuth(), socket: agent.socket, onPrompt });
    await agent.end("SIGKILL");
    const again = await agent.restart();
    expect((await client.call("agent.status", {})).state).toBe("locked");
    const denied = expect(client.secrets.resolve("op://a/b/c")).rejects.toMatchObject({ errorName: "approvalDenied" });
    const channel = await again.connect();
    await channel.call("session.unlock", { password: PASSWORD });
    const proof = { kind: "password", password: PASSWORD } as const;
    await channel.call("prompts.answer", { code: await asked.promise, answer: "no", proof });
    channel.close();
    await denied;
    client.close();
    await again.remove();
  });

  test("tells that a call was lost when the agent does not come back", async () => {
    const agent = await startAgent(home);
    await makeAccount(agent);
    const client = await createClient({ auth: new DesktopAuth(), socket: agent.socket });
    const waiting = client.vaults.create({ title: "lost" });
    const caught = expect(waiting).rejects.toBeInstanceOf(ConnectionLost);
    await client.call("agent.status", {});
    await agent.end("SIGKILL");
    await caught;
    await expect(client.call("agent.status", {})).rejects.toMatchObject({ name: "AgentNotRunning" });
    client.close();
    await agent.remove();
  });

  test("ends a call at its deadline and by its signal, and the agent's prompt with it", async () => {
    const agent = await startAgent(home);
    await makeAccount(agent);
    const client = await createClient({ auth: new DesktopAuth(), socket: agent.socket });
    await expect(client.secrets.resolve("op://Personal/a/b", { deadlineMs: 200 })).rejects.toBeInstanceOf(TimedOut);
    const abort = new AbortController();
    const waiting = client.secrets.resolve("op://Personal/a/b", { signal: abort.signal });
    const caught = expect(waiting).rejects.toThrow("stop");
    await client.call("agent.status", {});
    abort.abort(new Error("stop"));
    await caught;
    const { openPrompts } = await client.call("agent.status", {});
    expect(openPrompts).toBe(0);
    client.close();
    await agent.remove();
  });
});
