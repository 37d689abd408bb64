// `postern approver` from the sources, with a folder in the place of `/`.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { asRoot } from "../../clients/cli/bridge/library.ts";
import { exitCodes } from "../../clients/cli/terminal/exit-code.ts";
import { ACTION_FILE, ACTION_FOLDER, actionText } from "../../daemon/polkit/action-file.ts";

import { isRoot, NOBODY } from "../daemon/peer/children.ts";
import { agentOptions, command as main } from "../programs.ts";
import { postern } from "./postern.ts";

let home: string;
let prefix: string;
let path: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "postern-av-"));
  prefix = join(home, "root");
  path = join(prefix, ACTION_FOLDER, ACTION_FILE);
  mkdirSync(join(prefix, ACTION_FOLDER), { recursive: true, mode: 0o755 });
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const NEXT = "  next: as that user, `postern config approvers polkit,window,terminal`\n";

const run = (words: string, env: Record<string, string> = {}) =>
  postern(["approver", ...words.split(" "), "--prefix", prefix], { home, env });

describe("postern approver", () => {
  test("installs polkit's action for a user, and takes it away", async () => {
    const installed = await run("install polkit --user 1000 --json");
    expect(JSON.parse(installed.out)).toEqual({ path, user: 1000, changed: true });
    expect(readFileSync(path, "utf8")).toBe(actionText([1000]));
    const again = await run("install polkit --user 1000");
    expect(again).toMatchObject({
      code: 0,
      out: `polkit can already ask the user 1000 for Postern: ${path}.\n${NEXT}`,
    });
    const removed = await run("uninstall polkit --user 1000");
    expect(removed).toMatchObject({ code: 0, out: `polkit no longer asks the user 1000 for Postern: ${path}.\n` });
    expect(existsSync(path)).toBe(false);
  });

  test.runIf(isRoot)("takes the user who called sudo (needs root)", async () => {
    const installed = await run("install polkit --json", { SUDO_UID: "1001" });
    expect(JSON.parse(installed.out)).toMatchObject({ user: 1001 });
  });

  test.runIf(isRoot)("takes nobody's word for who called sudo, where the command is not root's (needs root)", () => {
    const words = [...agentOptions, "--", main, "approver", "install", "polkit"];
    const user = ["--reuid", `${NOBODY}`, "--clear-groups", "--", process.execPath, ...words];
    const ran = spawnSync("setpriv", user, { env: { HOME: "/", SUDO_UID: "1001" }, encoding: "utf8" });
    expect([ran.status, ran.stdout]).toEqual([exitCodes.usage, ""]);
    expect(ran.stderr).toContain(`approver install polkit --user ${NOBODY}\``);
  });

  test.each([
    [
      "uninstall window --user 1000",
      "there is nothing to uninstall for window\n  next: postern approver uninstall polkit",
    ],
    ["install polkit --user 0", "polkit asks a person with an ordinary user id"],
    ["install polkit --user ada", "polkit asks a person with an ordinary user id"],
    ["install window --user 1000", "there is nothing to install for window"],
    ["install polkit --user 1000 --account Ada", "--account means nothing to `postern approver install`"],
  ])("refuses %s", async (words, why) => {
    const refused = await run(words);
    expect(refused).toMatchObject({ code: exitCodes.usage, out: "" });
    expect(refused.err).toContain(why);
    expect(existsSync(path)).toBe(false);
  });
});

test("the advice for who is not root can be run as it is: every path in it is absolute", () => {
  const words = asRoot(["approver", "install", "polkit", "--user", "1000"]).split(" ");
  expect(words.slice(-5)).toEqual(["approver", "install", "polkit", "--user", "1000"]);
  const paths = words.filter((word) => word.includes("/"));
  expect([words[0], paths.length, paths.every((one) => one.startsWith("/") && existsSync(one))]).toEqual([
    "sudo",
    2,
    true,
  ]);
});
