// The programs that listen, where they end by themselves or cannot begin. They are scripts of the test's, which root must own.
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { logindPrograms } from "../../../daemon/logind/programs.ts";
import { createLogind, type Logind, RESTARTS_MAX } from "../../../daemon/logind/watch-logind.ts";
import { agentOptions } from "../../programs.ts";
import { hasTool } from "../../tools.ts";
import { type FakeClock, fakeClock } from "../host/fake-clock.ts";
import { isRoot } from "../peer/children.ts";

const OWNED = "The name org.freedesktop.login1 is owned by :1.3";

describe.runIf(isRoot && hasTool("setpriv"))("the monitor (needs root, setpriv)", () => {
  let folder: string;
  let program: string;
  let clock: FakeClock;
  let notes: string[];
  let locks: string[];
  let logind: Logind;

  beforeEach(() => {
    folder = mkdtempSync("/opt/postern-test-");
    chmodSync(folder, 0o755);
    program = join(folder, "monitor");
    clock = fakeClock();
    [notes, locks] = [[], []];
  });
  afterEach(() => {
    logind.end();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Each start of the program adds a line to a file. Then it does what the test wants. */
  function watch(does: string, starter = logindPrograms.starter, lock = async () => {}): Logind {
    writeFileSync(program, `#!/bin/sh\necho $$ >>${folder}/starts\n${does}\n`);
    chmodSync(program, 0o755);
    logind = createLogind({
      programs: { starter, inhibitor: "/nonexistent", bus: program },
      uid: 1000,
      clock,
      log: { note: (what, facts) => notes.push(`${what} ${facts?.why}`), incident: (id) => notes.push(id) },
      lock: (why) => {
        locks.push(why);
        return lock();
      },
      bus: folder,
    });
    return logind;
  }
  /** The ids of the started programs. */
  const pids = () => readFileSync(join(folder, "starts"), "utf8").trim().split("\n").map(Number);
  const starts = () => pids().length;
  const ENDED = "logind is not heard its program has ended";
  const ends = (count: number) => expect.poll(() => notes.filter((note) => note === ENDED).length).toBe(count);

  test("that something ends is started again, a few times a minute", async () => {
    watch("exit 0").begin();
    await ends(1 + RESTARTS_MAX);
    expect([starts(), logind.hears()]).toEqual([1 + RESTARTS_MAX, false]);
    expect(clock.isDueWithin(59_000)).toBe(false);
    clock.advance(60_000);
    await ends(1 + 2 * RESTARTS_MAX);
    expect(starts()).toBe(1 + 2 * RESTARTS_MAX);
  });

  test("that has ended is not started again once all is locked", async () => {
    watch("exit 0").begin();
    await ends(1 + RESTARTS_MAX);
    logind.end();
    clock.advance(600_000);
    expect([starts(), clock.isDueWithin(600_000)]).toEqual([1 + RESTARTS_MAX, false]);
  });

  test("is heard again after a kill", async () => {
    watch(`echo '${OWNED}'; [ $(wc -l <${folder}/starts) -gt 1 ] || kill -9 $$; exec sleep 60`).begin();
    await ends(1);
    await expect.poll(() => logind.hears()).toBe(true);
    expect(starts()).toBe(2);
  });

  test("that begins while the lock before a sleep still runs is not ended with the old one", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const says = `[ $(wc -l <${folder}/starts) -gt 1 ] || echo '/org/freedesktop/login1: org.freedesktop.login1.Manager.PrepareForSleep (true,)'`;
    watch(`echo '${OWNED}'; ${says}; exec sleep 60`, undefined, () => promise).begin();
    await expect.poll(() => locks).toEqual(["the machine sleeps"]);
    logind.end();
    logind.begin();
    await expect.poll(() => logind.hears()).toBe(true);
    resolve();
    await promise;
    const [old = 0] = pids();
    await expect.poll(() => existsSync(`/proc/${old}`)).toBe(false);
    expect([logind.hears(), starts(), notes]).toEqual([true, 2, []]);
  });

  test.each([
    ["there is no setpriv", () => watch("exit 0", "/nonexistent"), "setpriv cannot be started"],
    ["setpriv cannot be looked at", () => watch("exit 0", `/opt/${"a".repeat(300)}`), "setpriv cannot be started"],
    ["setpriv is no program", () => watch("exit 0", `${folder}/starter`), "setpriv cannot be started"],
  ])("leaves the unlock alone where %s", (_where, prepare, why) => {
    writeFileSync(join(folder, "starter"), "no program");
    prepare().begin();
    expect(notes).toEqual([`logind is not heard ${why}`]);
  });

  test("that cannot be started for want of file descriptors ends nothing else", () => {
    const words = [...agentOptions, fileURLToPath(new URL("./no-descriptor.ts", import.meta.url))];
    const limited = ["-c", 'ulimit -n 64; exec "$@"', "sh", process.execPath, ...words, logindPrograms.starter];
    const ran = spawnSync("sh", limited, { encoding: "utf8" });
    expect([ran.stderr, ran.status]).toEqual(["", 7]);
  });
});
