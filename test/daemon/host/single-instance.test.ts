import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { takeInstanceLock } from "../../../daemon/host/single-instance.ts";
import { StartRefused } from "../../../daemon/host/start-refused.ts";
import { lineOf } from "../peer/children.ts";

let folder = "";
const children: ChildProcess[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "postern-lock-"));
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

/** Starts another process that tries the lock. It says "held", or why not. */
async function otherAgent(path: string): Promise<{ child: ChildProcess; said: string }> {
  const module = join(import.meta.dirname, "../../../daemon/host/single-instance.ts");
  const code = `
    import { takeInstanceLock } from ${JSON.stringify(module)};
    try { globalThis.lock = takeInstanceLock(process.argv[1]); console.log("held"); setInterval(() => {}, 1000); } catch (error) { console.log(error.name); }`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", code, path], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.push(child);
  return { child, said: await lineOf(child) };
}

test("a second agent is refused while the first lives", async () => {
  const path = join(folder, "lock.db");
  const lock = takeInstanceLock(path);
  expect((await otherAgent(path)).said).toBe("StartRefused");
  lock.release();
  expect((await otherAgent(path)).said).toBe("held");
  expect(() => takeInstanceLock(path)).toThrow(/another agent already runs/);
});

test("the lock of a killed agent is free at once", async () => {
  const path = join(folder, "lock.db");
  for (let round = 0; round < 3; round++) {
    const { child, said } = await otherAgent(path);
    expect(said).toBe("held");
    expect(() => takeInstanceLock(path)).toThrow(StartRefused);
    child.kill("SIGKILL");
    await once(child, "exit");
    takeInstanceLock(path).release();
  }
});

test("a second try in the same process is refused and leaves the lock in place", async () => {
  const path = join(folder, "lock.db");
  const lock = takeInstanceLock(path);
  expect(() => takeInstanceLock(path)).toThrow(StartRefused);
  expect((await otherAgent(path)).said).toBe("StartRefused");
  lock.release();
});

test("the lock's file is closed to others", () => {
  takeInstanceLock(join(folder, "lock.db")).release();
  expect(statSync(join(folder, "lock.db")).mode & 0o777).toBe(0o600);
});

test("a link or a folder in the lock's place is refused", () => {
  writeFileSync(join(folder, "target"), "");
  symlinkSync(join(folder, "target"), join(folder, "link.db"));
  mkdirSync(join(folder, "folder.db"));
  expect(() => takeInstanceLock(join(folder, "link.db"))).toThrow(StartRefused);
  expect(() => takeInstanceLock(join(folder, "folder.db"))).toThrow(StartRefused);
});

test("a lock that cannot be made is reported as such", () => {
  expect(() => takeInstanceLock(join(folder, "none", "lock.db"))).toThrow(/could not be made \(ENOENT\)/);
});

test("a file that is no database is reported, not overwritten", () => {
  writeFileSync(
    join(folder, "lock.db"),
    "something else that is long enough to be looked at as a header of a database file, 100 bytes or more.",
  );
  expect(() => takeInstanceLock(join(folder, "lock.db"))).toThrow(/lock\.db cannot be used: it is damaged/);
});
