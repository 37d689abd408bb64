// The agent beside a real bus, in a mount namespace of its own. The sender of logind's signals is the only stand-in: a machine of tests does not sleep.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Channel } from "../../clients/typescript/channel.ts";
import { idleMsOf, UNLOCKED_MS_MAX } from "../../daemon/session/idle.ts";
import { makeAccount, PASSWORD } from "../agent/person.ts";
import { type RunningAgent, startAgent } from "../agent/start.ts";
import { hasTool } from "../tools.ts";

const stands = fileURLToPath(new URL("./logind.py", import.meta.url));

/** The interpreter of Debian, since its packages bring the bus. */
const PYTHON = "/usr/bin/python3";

const canRun =
  process.getuid?.() === 0 &&
  spawnSync("unshare", ["--mount", "true"]).status === 0 &&
  ["dbus-daemon", "gdbus", "systemd-inhibit", "setpriv", "nsenter"].every(hasTool) &&
  spawnSync(PYTHON, ["-c", "import dbus, gi"]).status === 0;

const SCRIPT = `set -e
mount -t tmpfs -o mode=755 none /run
mkdir /run/dbus
exec dbus-daemon --system --nofork --nopidfile --print-address
`;

/** The mount namespace of a process. Undefined where the process has ended: the machine has monitors of other agents, which come and go. */
function mountsOf(pid: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/mnt`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** A program's lines of one kind, one at a time. */
function linesOf(child: ChildProcess, kind = /^/) {
  const lines: string[] = [];
  const waiting: ((line: string) => void)[] = [];
  if (child.stdout === null) throw new Error("the program has no output");
  createInterface({ input: child.stdout }).on("line", (line) => {
    if (!kind.test(line)) return;
    const next = waiting.shift();
    if (next === undefined) lines.push(line);
    else next(line);
  });
  return {
    lines,
    next: () => {
      const line = lines.shift();
      return line === undefined ? new Promise<string>((resolve) => waiting.push(resolve)) : Promise.resolve(line);
    },
  };
}

describe.skipIf(!canRun)(
  "beside logind (needs root, dbus-daemon, gdbus, systemd-inhibit, setpriv, nsenter, python3 with dbus and gi)",
  () => {
    let machine: ChildProcess;
    let enter: string[];
    let logind: ChildProcess;
    /** What it says of the holds on the sleep, that it has said what it was told to, and which sessions it was asked for. */
    let said: ReturnType<typeof linesOf>;
    let done: ReturnType<typeof linesOf>;
    let asked: ReturnType<typeof linesOf>;
    let agent: RunningAgent;
    let channel: Channel;

    beforeAll(async () => {
      machine = spawn("unshare", ["--mount", "bash", "-c", SCRIPT], {
        detached: true,
        stdio: ["ignore", "pipe", "ignore"],
      });
      await linesOf(machine).next();
      enter = ["nsenter", `--mount=/proc/${machine.pid}/ns/mnt`, "--"];
      const [program = "", ...words] = [...enter, PYTHON, stands, `${process.getuid?.()}`];
      logind = spawn(program, words, { stdio: ["pipe", "pipe", "inherit"] });
      said = linesOf(logind, /^(?:inhibit|released)/);
      done = linesOf(logind, /^(?:said|ready)$/);
      asked = linesOf(logind, /^looked up/);
      expect(await done.next()).toBe("ready");
    });
    afterAll(() => {
      logind.kill();
      process.kill(-(machine.pid ?? 0), "SIGKILL");
    });

    beforeEach(async () => {
      agent = await startAgent(mkdtempSync(join(tmpdir(), "postern-t-")), {}, [], enter);
      asked.lines.length = 0;
      await makeAccount(agent);
      channel = await agent.connect();
      await channel.call("agent.subscribe", {});
      expect(await said.next()).toBe("inhibit sleep Postern delay");
    });
    afterEach(async () => {
      channel.close();
      await agent.remove();
      rmSync(agent.home, { recursive: true, force: true });
    });

    async function tell(words: string): Promise<void> {
      logind.stdin?.write(`${words}\n`);
      expect(await done.next()).toBe("said");
    }

    /** Says it again until it is heard: the monitor begins to listen a moment after it holds the sleep back. */
    const until = (words: string, wanted: () => Promise<boolean>) =>
      expect
        .poll(
          async () => {
            await tell(words);
            return wanted();
          },
          { timeout: 10_000 },
        )
        .toBe(true);

    const locked = () =>
      new Promise<string>((resolve) => {
        channel.onNotification((method, params) => {
          if (method === "session.changed") resolve(String(params.state));
        });
      });
    const state = async () => (await channel.call("agent.status", {})).state;

    const hears = async () => (await channel.call("agent.status", {})).hearsScreen;

    const isLocked = async () => (await state()) === "locked";

    test("locks before the machine sleeps, and lets it sleep only then", async () => {
      const now = locked();
      await until("lock other", async () => agent.log().includes("the screen of another user"));
      await tell("sleep");
      // The state is asked after the inhibitor has ended, so the lock came before.
      expect(await said.next()).toBe("released");
      expect(await isLocked()).toBe(true);
      expect(await now).toBe("locked");
    });

    test("listens again after the next unlock, and ends with the last lock", async () => {
      await channel.call("session.lock", {});
      expect(await said.next()).toBe("released");
      await channel.call("session.unlock", { password: PASSWORD });
      expect(await said.next()).toBe("inhibit sleep Postern delay");
      await channel.call("session.lock", {});
      expect(await said.next()).toBe("released");
    });

    test.each(["lock own", "hint own"])("locks with the screen: %s", async (words) => {
      await until("lock other", async () => agent.log().includes("the screen of another user"));
      const now = locked();
      await tell(words);
      expect(await now).toBe("locked");
      expect(await said.next()).toBe("released");
    });

    test("does not lock with another user's screen, with one that opens, or when the machine wakes", async () => {
      await until("lock other", async () => asked.lines.includes("looked up other"));
      for (const words of ["unhint own", "awake", "hint other", "lock third"]) await tell(words);
      // Signals come in their order, so all of those before were heard.
      await expect.poll(() => asked.lines).toContain("looked up third");
      expect(await state()).toBe("unlocked");
      await channel.call("session.lock", {});
      expect(await said.next()).toBe("released");
    });

    test("asks once for a session that another user locks again and again", async () => {
      await until("lock other", async () => asked.lines.includes("looked up other"));
      for (let count = 0; count < 100; count++) await tell("lock other");
      await tell("lock third");
      await expect.poll(() => asked.lines).toEqual(["looked up other", "looked up third"]);
      expect(agent.log().split("the screen of another user").length - 1).toBe(1);
      await channel.call("session.lock", {});
      expect(await said.next()).toBe("released");
    });

    test("hears again after another program of the user ended the monitor", async () => {
      await expect.poll(hears, { timeout: 10_000 }).toBe(true);
      const monitor = spawnSync("pgrep", ["-f", "gdbus monitor --system --dest org.freedesktop.login1"], {
        encoding: "utf8",
      });
      for (const pid of monitor.stdout.trim().split("\n"))
        if (mountsOf(pid) === mountsOf(String(machine.pid))) process.kill(Number(pid));
      expect(await said.next()).toBe("released");
      expect(await said.next()).toBe("inhibit sleep Postern delay");
      const now = locked();
      await until("lock own", isLocked);
      expect(await now).toBe("locked");
      expect(await said.next()).toBe("released");
    });

    test("is the only lock of an account whose person chose the screen, and offers that", async () => {
      await expect.poll(hears, { timeout: 10_000 }).toBe(true);
      await channel.call("accounts.setIdleLock", { idleLock: "screenLock", password: PASSWORD });
      expect(idleMsOf({ idleLock: "screenLock" }, true)).toBe(UNLOCKED_MS_MAX);
      const now = locked();
      await until("hint own", isLocked);
      expect(await now).toBe("locked");
      expect(await said.next()).toBe("released");
    });

    test("leaves no program behind when it is killed", async () => {
      await agent.end("SIGKILL");
      expect(await said.next()).toBe("released");
    });
  },
);
