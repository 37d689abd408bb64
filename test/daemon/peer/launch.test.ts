// How a program was started: the place, the files, and what makes two starts the same.
import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { changedFile, createLaunch, isSameLaunch, type Launch, unitOf } from "../../../daemon/peer/launch.ts";
import type { ProcessFacts } from "../../../daemon/peer/peer.ts";
import { factsOf } from "../../../daemon/peer/process-facts.ts";
import { subject } from "./subjects.ts";

describe("the systemd unit of a control group", () => {
  test.each([
    ["/system.slice/backup.service", "/system.slice/backup.service"],
    ["/user.slice/user-1000.slice/user@1000.service/app.slice/sync.service", undefined],
    ["/system.slice/backup.service/part", "/system.slice/backup.service"],
    ["/user.slice/user-1000.slice/user@1000.service/session.slice/x.scope", "none"],
    ["/user.slice/user-1000.slice/session-3.scope", "none"],
    ["/", "none"],
    ["", "none"],
    ["/xservice", "none"],
  ])("of %s", (cgroup, unit = cgroup) => {
    expect(unitOf(cgroup) ?? "none").toBe(unit);
  });
});

describe("a process", () => {
  let folder: string;
  let child: ChildProcess;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "postern-launch-"));
    copyFileSync("/bin/sleep", join(folder, "program"));
  });
  afterEach(() => {
    child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  });

  async function start(path = join(folder, "program"), words = ["60"], cwd = folder): Promise<ProcessFacts> {
    child?.kill("SIGKILL");
    child = spawn(path, words, { cwd, env: {}, detached: true });
    await new Promise((resolve) => child.once("spawn", resolve));
    const facts = factsOf(child.pid ?? 0);
    if (facts === undefined) throw new Error("the process is not to be seen");
    return { ...facts, cgroup: "/system.slice/backup.service" };
  }
  const launchOf = (facts: ProcessFacts) => createLaunch(facts)(subject("program"));
  const known = (found: ReturnType<typeof launchOf>): Launch => {
    if ("why" in found) throw new Error(found.why);
    return found;
  };

  test("in a unit has it as its place, and starts the same again", async () => {
    const first = known(launchOf(await start()));
    expect(first.place).toEqual({ is: "unit", path: "/system.slice/backup.service" });
    const second = known(launchOf(await start()));
    expect(isSameLaunch(first, second)).toBe(true);
    expect(changedFile(first, second)).toBeUndefined();
  });

  test("with other words, or in another folder, is another start, and nothing has changed", async () => {
    const first = known(launchOf(await start()));
    const others = [
      await start(undefined, ["61"]).then(launchOf),
      await start(undefined, undefined, "/").then(launchOf),
    ];
    for (const other of others.map(known)) {
      expect(isSameLaunch(first, other)).toBe(false);
      expect(changedFile(first, other)).toBeUndefined();
    }
  });

  test("whose executable was written anew has changed", async () => {
    const first = known(launchOf(await start()));
    child.kill("SIGKILL");
    rmSync(join(folder, "program"));
    copyFileSync("/bin/sleep", join(folder, "program"));
    expect(changedFile(first, known(launchOf(await start())))).toBe("executable");
  });

  test.each([
    ["its file is writable by others", () => chmodSync(join(folder, "program"), 0o722)],
    ["its file is writable by its group", () => chmodSync(join(folder, "program"), 0o770)],
    ["its folder is writable by others, without the sticky bit", () => chmodSync(folder, 0o777)],
  ])("is not known again where %s", async (_what, open) => {
    open();
    expect(launchOf(await start())).toEqual({ why: "its executable, or a folder above it, can be changed by others" });
  });

  test("is known again below a folder like /tmp, where each user's files are the user's", async () => {
    chmodSync(folder, 0o1777);
    mkdirSync(join(folder, "own"), { mode: 0o700 });
    copyFileSync("/bin/sleep", join(folder, "own", "program"));
    expect(known(launchOf(await start(join(folder, "own", "program"))))).toBeDefined();
  });

  test("is not known again after its executable was replaced", async () => {
    const facts = await start();
    rmSync(join(folder, "program"));
    writeFileSync(join(folder, "program"), "another");
    expect(launchOf(facts)).toEqual({ why: "its executable was replaced" });
  });

  test("is not known again where its folder is a link to itself by now", async () => {
    const inner = join(folder, "inner");
    mkdirSync(inner);
    copyFileSync("/bin/sleep", join(inner, "program"));
    const facts = await start(join(inner, "program"));
    rmSync(inner, { recursive: true });
    symlinkSync(inner, inner);
    expect(launchOf(facts)).toEqual({ why: "its executable was replaced" });
  });

  test("is not known again where a link stands for its executable by now", async () => {
    const facts = await start();
    rmSync(join(folder, "program"));
    symlinkSync("/bin/sleep", join(folder, "program"));
    expect(launchOf(facts)).toHaveProperty("why");
  });

  test("is not known again after its end", async () => {
    const facts = await start();
    child.kill("SIGKILL");
    await new Promise((resolve) => child.once("exit", resolve));
    expect(launchOf(facts)).toHaveProperty("why");
  });

  test.each([
    ["it is at no terminal and in no unit", { cgroup: "/" }, "the program is at no terminal and in no systemd unit"],
    ["it loads other code", { loadsOther: true }, "its command line or environment loads other code"],
    [
      "its code is in no file",
      { runs: { is: "module", name: "x" } as const },
      "its code is in no file of its command line",
    ],
  ])("is not known again where %s", async (_what, facts, why) => {
    expect(launchOf({ ...(await start()), ...facts })).toEqual({ why });
  });

  test.each(["terminal", "once"] as const)("is not known again as a %s", async (kind) => {
    expect(createLaunch(await start())({ ...subject("program"), kind })).toHaveProperty("why");
  });
});
