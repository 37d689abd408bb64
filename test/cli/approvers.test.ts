// Where the agent itself asks, as a person chooses it: at `init`, and later with `postern config`.
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { exitCodes } from "../../clients/cli/terminal/exit-code.ts";
import { PASSWORD, WORK_PASSWORD } from "../agent/person.ts";
import { isRoot } from "../daemon/peer/children.ts";
import { postern } from "./postern.ts";

let home: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "postern-ap-"));
});
afterEach(async () => {
  await postern(["agent", "stop"], { home });
  rmSync(home, { recursive: true, force: true, maxRetries: 5 });
});

const run = (words: string, secrets: readonly string[] = []) => postern(words.split(" "), { home, secrets });
const init = (more = "") => run(`init --name Ada --no-pin --kit kit.txt --password-fd 3${more}`, [PASSWORD]);
const shown = async (words = "config approvers --json") => JSON.parse((await run(words)).out) as unknown;

describe("config approvers", () => {
  test("shows both ways at first, and changes them for the password", async () => {
    await init();
    expect(await run("config approvers")).toMatchObject({ code: 0, out: "window,terminal\n" });
    for (const [typed, approvers] of [
      ["terminal", ["terminal"]],
      ["terminal,window", ["terminal", "window"]],
      ["OFF", []],
    ] as const) {
      const set = await run(`config approvers ${typed} --password-fd 3`, [PASSWORD]);
      const nobody = typed === "OFF" ? ": the agent asks nobody itself, and programs wait for `postern approve`" : "";
      const told = `The order of approvers is ${typed.toLowerCase()} on this machine${nobody}.\n`;
      expect(set).toMatchObject({ code: 0, out: told });
      expect(await shown()).toEqual({ approvers });
      expect(await shown("config --json")).toEqual({ idleLock: "tenMinutes", approvers, logDays: 90 });
    }
    expect(await run("config")).toMatchObject({
      code: 0,
      out: "idle-lock  10 minutes\napprovers  off\nlog-days   90\n",
    });
  });

  test("says why a chosen way cannot ask here, and so does the status", async () => {
    await init(" --approvers polkit,terminal");
    // The agent of this test runs as whoever runs the tests.
    const why = isRoot
      ? "the agent runs as root, whom polkit asks nothing"
      : "Postern's action is not installed: run `postern approver install polkit`";
    expect((await run("config approvers")).out).toBe(`polkit,terminal\npolkit does not ask: ${why}\n`);
    const unavailable = [{ approver: "polkit", why }];
    expect(await shown()).toEqual({ approvers: ["polkit", "terminal"], unavailable });
    expect(await shown("config --json")).toMatchObject({ unavailable });
    expect((await run("config")).out).toContain(`polkit does not ask: ${why}\n`);
    expect((await run("status")).out).toContain(`\npolkit does not ask: ${why}\n`);
    await run("config approvers terminal --password-fd 3", [PASSWORD]);
    expect((await run("status")).out).not.toContain("polkit");
  });

  test("changes nothing for a wrong password, nor without one where nobody can be asked", async () => {
    await init();
    const wrong = await run("config approvers off --password-fd 3", ["not the password"]);
    expect(wrong).toMatchObject({ code: exitCodes.denied, out: "" });
    expect(await run("config approvers off")).toMatchObject({ code: exitCodes.usage, out: "" });
    expect(await shown()).toEqual({ approvers: ["window", "terminal"] });
  });

  test.each(["mail", "window,window", "window,", "window,off", "off,off"])(
    "refuses %s, and says what there is",
    async (typed) => {
      const refused = await run(`config approvers ${typed}`);
      expect(refused).toMatchObject({ code: exitCodes.usage, out: "" });
      expect(refused.err).toContain(
        "config approvers takes app, polkit, window and terminal in your order, some of them, or off\n  next: for one, config approvers terminal,window",
      );
    },
  );

  test("is of the chosen account alone", async () => {
    await init();
    const secrets = [WORK_PASSWORD, PASSWORD];
    await run("init --name Work --no-pin --kit work.txt --password-fd 3 --default-password-fd 4", secrets);
    const set = await run("--account Work config approvers terminal --password-fd 3", [WORK_PASSWORD]);
    expect(set.out).toBe("The order of approvers of the account Work is terminal on this machine.\n");
    expect(await shown()).toEqual({ approvers: ["window", "terminal"] });
  });

  test("stays over a lock, and says meanwhile that the account is locked", async () => {
    await init(" --approvers terminal");
    await run("lock");
    expect((await run("config approvers")).err).toContain("locked\n  next: run `postern unlock`");
    await run("unlock --password-fd 3", [PASSWORD]);
    expect(await shown()).toEqual({ approvers: ["terminal"] });
  });
});

test("init refuses others before anything is made", async () => {
  expect((await init(" --approvers mail")).err).toContain("--approvers takes app, polkit, window and terminal");
  expect(existsSync(join(home, "kit.txt"))).toBe(false);
});
