// The agent tells the events since the last unlock once. So every command that unlocks shows them, also one that has other work.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sinceLastUnlock } from "../../clients/cli/agent/unlocking.ts";
import { PASSWORD, WORK_PASSWORD } from "../agent/person.ts";
import { openTerminal } from "../build/terminal.ts";
import { command as main } from "../programs.ts";
import { postern } from "./postern.ts";

const home = mkdtempSync(join(tmpdir(), "postern-su-"));
const env = { HOME: home, POSTERN_HOME: home, PATH: `${dirname(process.execPath)}:/usr/bin:/bin`, LANG: "C.UTF-8" };
const run = (words: string, secrets: readonly string[] = []) => postern(words.split(" "), { home, secrets });

/** Makes Work the default without its person, as any program of the user could. */
async function changeOrder(): Promise<void> {
  await run("agent stop");
  const path = join(home, "data", "account-order.json");
  const order = JSON.parse(readFileSync(path, "utf8")) as { order: string[] };
  writeFileSync(path, JSON.stringify({ ...order, default: order.order[1] }), { mode: 0o600 });
}

beforeAll(async () => {
  await run("init --name Ada --no-pin --kit ada.txt --password-fd 3", [PASSWORD]);
  const words = "init --name Work --no-pin --kit work.txt --password-fd 3 --default-password-fd 4";
  expect(await run(words, [WORK_PASSWORD, PASSWORD])).toMatchObject({ code: 0 });
  await changeOrder();
});
afterAll(async () => {
  await run("agent stop");
  rmSync(home, { recursive: true, force: true, maxRetries: 5 });
});

test("a command that unlocks in passing says that the account became the default", async () => {
  const terminal = openTerminal(env, home);
  try {
    terminal.type(`node --no-warnings -- ${main} devices`);
    await terminal.sees("The default account is locked. Account password");
    terminal.type(WORK_PASSWORD);
    await terminal.sees("since it became the default");
    await terminal.sees("this one");
  } finally {
    terminal.end();
  }
});

describe("the events since the last unlock", () => {
  const nothing = { account: "a", wrongPinTries: 0, wrongPasswordTries: 0, warnings: [] };

  test.each([
    [{}, []],
    [{ wrongPasswordTries: 1 }, ["1 wrong account password was tried since the last unlock"]],
    [{ wrongPasswordTries: 2 }, ["2 wrong account passwords were tried since the last unlock"]],
    [{ wrongPinTries: 1 }, ["1 wrong PIN was tried since the last unlock"]],
    [{ wrongPinTries: 3 }, ["3 wrong PINs were tried since the last unlock"]],
  ])("%j reads %j", (more, lines) => {
    expect(sinceLastUnlock({ ...nothing, ...more }, undefined)).toEqual(lines);
  });

  test("advise commands on the account that was unlocked", () => {
    const warnings = ["write its emergency kit with `postern kit --out-file kit.txt`"];
    expect(sinceLastUnlock({ ...nothing, warnings }, "Work")).toEqual([
      "write its emergency kit with `postern --account Work kit --out-file kit.txt`",
    ]);
  });
});

test("names of accounts are found in any case", async () => {
  expect(await run("--account WORK kit --password-fd 3 --json", [WORK_PASSWORD])).toMatchObject({ code: 0 });
});
