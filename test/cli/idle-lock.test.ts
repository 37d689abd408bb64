// The idle lock as a person chooses it: at `init`, and later with `postern config`.
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { exitCodes } from "../../clients/cli/terminal/exit-code.ts";
import { PASSWORD, WORK_PASSWORD } from "../agent/person.ts";
import { openTerminal, type Terminal } from "../build/terminal.ts";
import { command as main } from "../programs.ts";
import { postern } from "./postern.ts";

let home: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "postern-il-"));
});
afterEach(async () => {
  await postern(["agent", "stop"], { home });
  rmSync(home, { recursive: true, force: true, maxRetries: 5 });
});

const run = (words: string, secrets: readonly string[] = []) => postern(words.split(" "), { home, secrets });
const init = (more = "") => run(`init --name Ada --no-pin --kit kit.txt --password-fd 3${more}`, [PASSWORD]);
const shown = async (words = "config --json") => JSON.parse((await run(words)).out) as unknown;

describe("config", () => {
  test("shows ten minutes at first, and changes to eight hours for the password", async () => {
    await init();
    expect(await run("config")).toMatchObject({
      code: 0,
      out: "idle-lock  10 minutes\napprovers  window,terminal\nlog-days   90\n",
    });
    const set = await run("config idle-lock 8h --password-fd 3", [PASSWORD]);
    expect(set).toMatchObject({ code: 0, out: "The idle lock is 8 hours on this machine.\n" });
    expect(await shown()).toMatchObject({ idleLock: "eightHours" });
    expect((await run("status")).out).toContain("locks after 8 hours without use");
    const { out } = await run("status --json");
    expect(JSON.parse(out)).toMatchObject({ sessions: [{ idleLock: "eightHours" }] });
  });

  test("shortens without a password, in the middle of a script too", async () => {
    await init(" --idle-lock 8h");
    expect(await shown("config idle-lock 10m --json")).toEqual({ idleLock: "tenMinutes" });
    expect(await shown()).toMatchObject({ idleLock: "tenMinutes" });
  });

  test("does not lengthen for a wrong password, nor without one where nobody can be asked", async () => {
    await init();
    const wrong = await run("config idle-lock 8h --password-fd 3", ["not the password"]);
    expect(wrong).toMatchObject({ code: exitCodes.denied, out: "" });
    const silent = await run("config idle-lock 8h");
    expect(silent).toMatchObject({ code: exitCodes.usage, out: "" });
    expect(silent.err).toContain("--password-fd");
    expect(await shown()).toMatchObject({ idleLock: "tenMinutes" });
  });

  test.each(["9h", "8", "0m", "10M10m", "forever"])("refuses %s, and says what there is", async (typed) => {
    const refused = await run(`config idle-lock ${typed}`);
    expect(refused).toMatchObject({ code: exitCodes.usage, out: "" });
    expect(refused.err).toContain("config idle-lock takes 10m, 8h or screen\n  next: for one, config idle-lock 8h");
  });

  test("does not choose the screen where the agent hears of none, and says what it needs", async () => {
    await init();
    const refused = await run("config idle-lock screen --password-fd 3", [PASSWORD]);
    expect(refused).toMatchObject({ code: exitCodes.failed, out: "" });
    expect(refused.err).toContain("does not hear on this machine when the screen is locked\n  next: it needs logind");
    expect(await shown()).toMatchObject({ idleLock: "tenMinutes" });
  });

  test("says that the account is locked, and how to unlock it", async () => {
    await init();
    await run("lock");
    for (const words of ["config", "config idle-lock 10m"]) {
      const refused = await run(words);
      expect(refused.code).not.toBe(0);
      expect(refused.err).toContain("locked\n  next: run `postern unlock`");
    }
  });

  test("says that there is no account", async () => {
    for (const words of ["config", "config idle-lock 8h", "config idle-lock 10m"])
      expect((await run(words)).err).toContain("postern init");
  });

  test("works on the chosen one of several accounts", async () => {
    await init();
    await run("init --name Work --no-pin --kit work.txt --password-fd 3 --default-password-fd 4", [
      WORK_PASSWORD,
      PASSWORD,
    ]);
    const set = await run("--account Work config idle-lock 8h --password-fd 3", [WORK_PASSWORD]);
    expect(set.out).toBe("The idle lock of the account Work is 8 hours on this machine.\n");
    const { sessions } = (await shown("status --json")) as { sessions: { idleLock: string }[] };
    expect(sessions.map(({ idleLock }) => idleLock)).toEqual(["tenMinutes", "eightHours"]);
    expect(await run("config")).toMatchObject({ out: expect.stringContaining("idle-lock  10 minutes\n") });
    const narrowed = await run("--account Work config idle-lock 10m");
    expect(narrowed.out).toBe("The idle lock of the account Work is 10 minutes on this machine.\n");
  });
});

describe("init", () => {
  const environment = () => ({
    HOME: home,
    POSTERN_HOME: home,
    PATH: `${dirname(process.execPath)}:/usr/bin:/bin`,
    LANG: "C.UTF-8",
  });

  async function initAt(terminal: Terminal, keys: string, more = ""): Promise<void> {
    terminal.type(`node --disable-sigusr1 --no-warnings -- '${main}' init --name Ada --no-pin ${more}`);
    for (const question of ["Account password", "The same again"]) {
      await terminal.sees(question);
      terminal.type(PASSWORD);
    }
    if (keys !== "") {
      await terminal.sees("Lock the account after how long without use?");
      await terminal.sees("8 hours");
      terminal.key(keys);
    }
    await terminal.sees("The account is ready and unlocked.");
  }

  test.each([
    ["Enter alone chooses ten minutes", "\r", "", "tenMinutes"],
    ["the next choice is eight hours", "\u001b[B\r", "", "eightHours"],
    ["--idle-lock is not asked about", "", "--idle-lock 8h", "eightHours"],
  ])("at a terminal: %s", async (_what, keys, more, chosen) => {
    const terminal = openTerminal(environment(), home);
    try {
      await initAt(terminal, keys, more);
      expect(await shown()).toMatchObject({ idleLock: chosen });
    } finally {
      terminal.end();
    }
  });

  test("refuses another time before anything is asked, and makes nothing", async () => {
    const refused = await run("init --kit kit.txt --idle-lock 1d");
    expect(refused).toMatchObject({ code: exitCodes.usage, out: "" });
    expect(refused.err).toContain("--idle-lock takes 10m, 8h or screen");
    expect(existsSync(join(home, "kit.txt"))).toBe(false);
  });
});
