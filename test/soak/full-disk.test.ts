// The disk is full while somebody locks, unlocks, or makes an account. Each command reports the truth, and no later command reports anything that did
// not happen. Needs root to mount a small file system.
import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makeAccount, PASSWORD, PIN } from "../agent/person.ts";
import { startAgent } from "../agent/start.ts";
import { postern } from "../cli/postern.ts";
import { hasTool } from "../tools.ts";

const cannotMount = process.getuid?.() !== 0 || !hasTool("mount");

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "postern-fd-"));
  if (cannotMount) return;
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=8m,mode=0700", "tmpfs", home]);
  expect(mounted.status).toBe(0);
});
afterEach(() => {
  if (!cannotMount) spawnSync("umount", ["-l", home]);
  rmSync(home, { recursive: true, force: true });
});

const filler = () => join(home, "filler");

/** Fills the disk. */
function fill(): void {
  const descriptor = openSync(filler(), "a");
  try {
    for (const size of [64 * 1024, 1024]) writeUntilFull(descriptor, Buffer.alloc(size));
  } finally {
    closeSync(descriptor);
  }
}

function writeUntilFull(descriptor: number, bytes: Buffer): void {
  for (;;) {
    try {
      writeSync(descriptor, bytes);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOSPC") return;
      throw error;
    }
  }
}

test.skipIf(cannotMount)("a lock says that it has locked, and that nothing could be recorded", async () => {
  const agent = await startAgent(home);
  await makeAccount(agent);
  fill();
  const ran = await postern(["lock"], { home });
  expect(ran).toMatchObject({ code: 0, out: "Locked.\n" });
  expect(ran.err).toMatch(/^postern: it is locked, but the audit log has no record of it.*\n {2}next: make room.*\n$/);
  const channel = await agent.connect();
  expect((await channel.call("agent.status", {})).state).toBe("locked");
  // The second lock finds nothing to lock, so it has nothing to record.
  expect(JSON.parse((await postern(["lock", "--json"], { home })).out)).toEqual({ locked: true });
  // The agent still stops in good order.
  expect(await postern(["agent", "stop"], { home })).toMatchObject({ code: 0, err: "" });
  await agent.end();
  expect(agent.process.exitCode).toBe(0);
});

test.skipIf(cannotMount)(
  "right passwords that a full disk let nobody try do not count as wrong, and are not delayed",
  async () => {
    const agent = await startAgent(home);
    await makeAccount(agent);
    const channel = await agent.connect();
    await channel.call("session.lock", {});
    fill();
    for (let tries = 0; tries < 6; tries++) {
      const outcome = await channel.call("session.unlock", { password: PASSWORD }).then(
        () => "unlocked",
        (error: { errorName: string }) => error.errorName,
      );
      expect(["diskFull", "auditUnwritable"]).toContain(outcome);
    }
    const ran = await postern(["unlock", "--password-fd", "3"], { home, secrets: [PASSWORD] });
    expect(ran.code).toBe(1);
    expect(ran.err).toMatch(/disk/);
    expect(ran.err).toMatch(/\n {2}next: .+\n$/);
    rmSync(filler());
    expect(await channel.call("session.unlock", { password: PASSWORD })).toMatchObject({ wrongPasswordTries: 0 });
    await agent.end();
  },
);

test.skipIf(cannotMount)("init says that the disk is full, and makes the account once there is room", async () => {
  const agent = await startAgent(home);
  fill();
  const kit = join(tmpdir(), `postern-kit-${process.pid}`);
  const words = ["init", "--name", "Ada", "--password-fd", "3", "--pin-fd", "4", "--kit", kit];
  const secrets = [PASSWORD, PIN];
  try {
    const ran = await postern(words, { home, secrets });
    expect(ran).toMatchObject({ code: 1, out: "" });
    expect(ran.err).toMatch(/^postern: the disk is full; nothing was changed\n {2}next: make room on the disk.*\n$/);
    const json = await postern([...words, "--json"], { home, secrets });
    expect(JSON.parse(json.err).error.name).toBe("diskFull");
    rmSync(filler());
    expect(await postern(words, { home, secrets })).toMatchObject({ code: 0, err: "" });
  } finally {
    rmSync(kit, { force: true });
  }
  await agent.end();
});
