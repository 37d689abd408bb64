// A command reads its input once, before its first request to the agent. So a mistake in it costs nobody an approval, and an unlock in between
// does not lose a descriptor's value.
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { exitCodes } from "../../clients/cli/terminal/exit-code.ts";
import { makeAccount, PASSWORD } from "../agent/person.ts";
import { type RunningAgent, startAgent } from "../agent/start.ts";
import { openTerminal, type Terminal } from "../build/terminal.ts";
import { command as main } from "../programs.ts";
import { postern } from "./postern.ts";

let agent: RunningAgent;
let terminal: Terminal;

const run = (words: string) => postern(words.split(" "), { home: agent.home, secrets: [PASSWORD] });

beforeAll(async () => {
  agent = await startAgent();
  await makeAccount(agent);
  writeFileSync(join(agent.home, "value"), "opal\n");
  writeFileSync(join(agent.home, "file.env"), "REGION=eu\n");
  const path = `${dirname(process.execPath)}:/usr/bin:/bin`;
  terminal = openTerminal({ HOME: agent.home, POSTERN_HOME: agent.home, PATH: path, LANG: "C.UTF-8" }, agent.home);
});
afterAll(async () => {
  terminal.end();
  await agent.remove();
});

/** Types a command on the locked account, gives the password once, and approves until it has ended. Returns its exit code. */
async function onLocked(words: string): Promise<string> {
  await run("lock");
  terminal.type(`node --no-warnings -- ${main} ${words}; echo code=$?`);
  await terminal.sees("The account is locked. Account password");
  terminal.type(PASSWORD);
  for (;;) {
    const [, code, ended] = await terminal.sees(/approval, code (\S+)|code=(\d+)/);
    if (ended !== undefined) return ended;
    expect(await run(`approve ${code} --yes --password-fd 3`)).toMatchObject({ code: 0 });
  }
}

test("a field or a variable from a descriptor is kept when the account must be unlocked on the way", async () => {
  expect(await onLocked("item create --vault Personal --title DB --secret-fd password=3 3< value")).toBe("0");
  expect(await onLocked("item edit DB --vault Personal --secret-fd code=3 3< value")).toBe("0");
  expect(await onLocked("env create staging")).toBe("0");
  expect(await onLocked("env set staging --secret-fd TOKEN=3 3< value")).toBe("0");
  expect(await onLocked("env import staging /dev/stdin < file.env")).toBe("0");
  expect(await onLocked("item get DB --vault Personal --reveal")).toBe("0");
  expect(await onLocked("env get staging --reveal")).toBe("0");
  expect(terminal.screen()).toMatch(/password +password +Concealed +opal .*\s+code +code +Concealed +opal/);
  expect(terminal.screen()).toMatch(/TOKEN=opal\s+REGION=eu/);
}, 120_000);

test("an irreversible command asks for confirmation once, also when the account must be unlocked on the way", async () => {
  await run("lock");
  terminal.type(`node --no-warnings -- ${main} item delete ${"a".repeat(26)} --vault ${"a".repeat(26)}; echo code=$?`);
  await terminal.sees("for good?");
  terminal.type("y");
  await terminal.sees("The account is locked. Account password");
  terminal.type(PASSWORD);
  const [, code] = await terminal.sees(/approval, code (\S+)/);
  await run(`approve ${code} --yes --password-fd 3`);
  // If it asked again, it would wait here.
  await terminal.sees(`code=${exitCodes.notFound}`);
});

describe("nobody is asked to approve", () => {
  test.each([
    "item create --vault Personal --title X --field x",
    "item create --vault Personal --title X --category Nonsense",
    "item create --vault Personal",
    "item create --vault Personal --title X --secret a=b",
    "item create --vault Personal --file nothing.pdf",
    "item create --vault Personal --file value --secret password",
    "item create --vault Personal --file value --category Login",
    "item create --vault Personal --file value --notes-file value",
    "item edit X --vault Personal --field x",
    "item edit X --vault Personal",
    "env set staging --plain x",
    "env import staging nothing.env",
  ])("for a mistake in %s", async (words) => {
    const ran = await run(words);
    expect([ran.code, ran.err.includes("waiting for approval")]).toEqual([exitCodes.usage, false]);
  });
});
