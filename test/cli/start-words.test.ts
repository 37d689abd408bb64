// The message when the agent does not start, or when its files are damaged. It names the file, and a next step that works.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { exitCodes } from "../../clients/cli/terminal/exit-code.ts";
import { postern } from "./postern.ts";

const PASSWORD = "seven quiet harbours";
const home = mkdtempSync(join(tmpdir(), "postern-sw-"));
let folder = "";

const run = (words: string, secrets: readonly string[] = []) => postern(words.split(" "), { home, secrets });
const unlock = () => run("unlock --password-fd 3", [PASSWORD]);

beforeAll(async () => {
  expect(await run("init --name Ada --no-pin --kit kit.txt --password-fd 3", [PASSWORD])).toMatchObject({ code: 0 });
  const accounts = ["data", "."].map((part) => join(home, part, "accounts")).find((path) => existsSync(path)) ?? "";
  folder = join(accounts, readdirSync(accounts)[0] ?? "");
});
afterAll(async () => {
  await run("agent stop");
  rmSync(home, { recursive: true, force: true, maxRetries: 5 });
});

/** Changes the file, starts the agent again, runs `work`, and restores everything. */
async function changed(path: string, change: (before: Buffer) => void, work: () => Promise<void>): Promise<void> {
  await run("agent stop");
  const before = readFileSync(path);
  change(before);
  try {
    await work();
  } finally {
    await run("agent stop");
    rmSync(path, { recursive: true, force: true });
    writeFileSync(path, before, { mode: 0o600 });
  }
}

test("an agent that refuses to start is reported with its own next step, and not with a start", async () => {
  const path = join(folder, "account.json");
  await changed(
    path,
    () => writeFileSync(path, "{", { mode: 0o600 }),
    async () => {
      const ran = await run("vault list");
      expect(ran.code).toBe(exitCodes.unreachable);
      expect(ran.err).toMatch(/no agent is running: the file accounts\/[a-z2-7]{26}\/account.json is not JSON\n/);
      expect(ran.err).toContain("  next: put it back from a copy, or move its folder away");
      expect(ran.err).not.toContain("postern agent start");
      expect(JSON.parse((await run("vault list --json")).err.trimEnd().split("\n").at(-1) ?? "")).toMatchObject({
        error: { hint: expect.stringContaining("put it back from a copy") },
      });
    },
  );
});

test("an account without its account.json is reported as such, and no new one is offered", async () => {
  await run("agent stop");
  const path = join(folder, "account.json");
  renameSync(path, join(home, "kept.json"));
  try {
    for (const words of ["vault list", "item list", "passwd", "read op://a/b/c"]) {
      const ran = await run(words);
      expect([words, ran.code]).toEqual([words, exitCodes.locked]);
      expect(ran.err).toContain(`${folder} has no account.json`);
      expect(ran.err).toContain("postern restore FILE --kit KIT");
      expect(ran.err).not.toContain("postern init");
    }
    const status = await run("status");
    expect(status.out).toContain("has no account.json");
    expect(status.out).not.toContain("postern init");
  } finally {
    await run("agent stop");
    renameSync(join(home, "kept.json"), path);
  }
  expect((await unlock()).code).toBe(0);
});

test.each([
  ["noise", (before: Buffer) => Buffer.alloc(before.length, 0x7b), "is damaged", "move it out of the way"],
  ["cut", (before: Buffer) => before.subarray(0, 30), "is damaged", "move it out of the way"],
  ["empty", () => Buffer.alloc(0), "is damaged", "move it out of the way"],
  [
    "changed in one bit",
    (before: Buffer) => before.with(60, (before[60] ?? 0) ^ 1),
    "is damaged",
    "put it back from a copy",
  ],
  ["of a later suite", (before: Buffer) => before.with(0, 2), "a newer Postern wrote", "update Postern"],
])(
  "a device store that is %s is reported by its name, and not as the service's fault",
  async (_what, make, why, next) => {
    const path = join(folder, "device.sealed");
    await changed(
      path,
      (before) => writeFileSync(path, make(before), { mode: 0o600 }),
      async () => {
        const ran = await unlock();
        expect(ran.code).not.toBe(0);
        expect(ran.err).toContain(path);
        expect(ran.err).toContain(why);
        expect(ran.err).toMatch(new RegExp(`  next: .*${next}`));
        expect(ran.err).not.toContain("service");
      },
    );
  },
);

test("an obstacle with the name of the store's journal is reported by that name, and the store opens once it is gone", async () => {
  await run("agent stop");
  const data = join(folder, "..", "..");
  const journal = join(data, "service.sqlite-journal");
  writeFileSync(journal, "not a journal", { mode: 0o600 });
  const ran = await unlock();
  expect(ran.code).not.toBe(0);
  expect(ran.err).toContain(`${journal} lies beside the store, and is no journal of it`);
  expect(ran.err).toContain(`  next: move ${journal} out of the way`);
  expect(ran.err).not.toContain("read only");
  rmSync(journal);
  expect((await unlock()).code).toBe(0);
});

test("an obstacle to the instance lock is reported by its own name", async () => {
  await run("agent stop");
  const beside = join(folder, "..", "..", "agent.lock-wal");
  mkdirSync(beside);
  try {
    const ran = await run("vault list");
    expect(ran.err).toContain(`because of ${beside}`);
    expect(ran.err).toContain(`  next: where no agent runs for this home, remove ${beside} and start again`);
  } finally {
    rmSync(beside, { recursive: true });
  }
  // This journal does not belong to the lock and is no reason to refuse.
  mkdirSync(join(folder, "..", "..", "agent.lock-journal"));
  expect((await unlock()).code).toBe(0);
  expect(existsSync(join(folder, "..", "..", "agent.lock-journal"))).toBe(true);
});
