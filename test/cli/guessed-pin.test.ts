// A new PIN that is guessed first: a person is asked again at once, and a script gets the reason.
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { exitCodes } from "../../clients/cli/terminal/exit-code.ts";
import { PASSWORD, PIN } from "../agent/person.ts";
import { openTerminal } from "../build/terminal.ts";
import { command as main } from "../programs.ts";
import { postern } from "./postern.ts";

const GUESSED = "147258";
let home: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "postern-gp-"));
});
afterEach(async () => {
  await postern(["agent", "stop"], { home });
  rmSync(home, { recursive: true, force: true });
});

const init = (pin: string) =>
  postern(["init", "--name", "Grace Hopper", "--kit", "kit.txt", "--password-fd", "3", "--pin-fd", "4"], {
    home,
    secrets: [PASSWORD, pin],
  });

test.each([GUESSED, "gracehopper"])("init --pin-fd with %s makes nothing, and says what to choose", async (pin) => {
  const refused = await init(pin);
  expect(refused).toMatchObject({ code: exitCodes.usage, out: "" });
  expect(refused.err).toContain(
    "the approval PIN is guessed first: a date, a word, a name, a row of keys or a pattern",
  );
  expect(refused.err).toContain("next: choose another one, best eight random digits");
  expect(refused.err).not.toContain(pin);
  expect(existsSync(join(home, "kit.txt"))).toBe(false);
  const { out } = await postern(["status", "--json"], { home });
  expect(JSON.parse(out)).toMatchObject({ state: "signedOut" });
});

test("pin --pin-fd keeps the PIN from before", async () => {
  expect(await init(PIN)).toMatchObject({ code: 0 });
  const refused = await postern(["pin", "--password-fd", "3", "--pin-fd", "4"], { home, secrets: [PASSWORD, GUESSED] });
  expect(refused).toMatchObject({ code: exitCodes.usage, out: "" });
  // The agent alone knows the account's name here.
  const named = await postern(["pin", "--password-fd", "3", "--pin-fd", "4"], {
    home,
    secrets: [PASSWORD, "gracehopper"],
  });
  expect(named.code).not.toBe(0);
  expect(named.err).toContain("pin is guessed first");
  expect(named.err).toContain("next: choose another one");
  const { out } = await postern(["status", "--json"], { home });
  expect(JSON.parse(out)).toMatchObject({ sessions: [{ proof: "pin" }] });
});

test("init at a terminal asks again, and never shows the PIN", async () => {
  const env = { HOME: home, POSTERN_HOME: home, PATH: `${dirname(process.execPath)}:/usr/bin:/bin`, LANG: "C.UTF-8" };
  const terminal = openTerminal(env, home);
  try {
    terminal.type(`node --disable-sigusr1 --no-warnings -- '${main}' init --name Ada --idle-lock 10m`);
    for (const [question, answer] of [
      ["Account password", PASSWORD],
      ["The same again", PASSWORD],
      ["Approval PIN", GUESSED],
      ["this PIN is guessed first", `\u0015${PIN}`],
      ["The same again", PIN],
    ] as const) {
      await terminal.sees(question);
      terminal.type(answer);
    }
    await terminal.sees("The account is ready and unlocked.");
    expect(terminal.screen()).not.toContain(GUESSED);
  } finally {
    terminal.end();
  }
});
