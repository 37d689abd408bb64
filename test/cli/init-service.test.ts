// `postern init --service`: what the service asks for is known before a person types anything.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { exitCodes } from "../../clients/cli/exit-code.ts";
import { PASSWORD, PIN } from "../agent/person.ts";
import { openTerminal } from "../build/terminal.ts";
import { type Door, overLoopback } from "../service/doors.ts";
import { postern } from "./postern.ts";

const main = fileURLToPath(new URL("../../clients/cli/main.ts", import.meta.url));
let service: Door;
let home: string;

beforeAll(async () => {
  service = await overLoopback();
});
afterAll(() => service.close());
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "postern-is-"));
});
afterEach(async () => {
  await postern(["agent", "stop"], { home });
  rmSync(home, { recursive: true, force: true });
});

const init = (url: string, more: readonly string[] = [], secrets: readonly string[] = [PASSWORD]) =>
  postern(["init", "--name", "Ada", "--no-pin", "--password-fd", "3", "--service", url, ...more], { home, secrets });

test("names the option for the token that the service wants, and makes nothing", async () => {
  const refused = await init(service.address.origin);
  expect(refused).toMatchObject({ code: exitCodes.usage, out: "" });
  expect(refused.err).toContain("--registration-token-fd");
  const { out } = await postern(["status", "--json"], { home });
  expect(JSON.parse(out)).toMatchObject({ state: "signedOut" });
});

test("says that the service cannot be reached before anything is asked", async () => {
  const refused = await postern(["init", "--service", "http://127.0.0.1:1"], { home });
  expect(refused).toMatchObject({ code: exitCodes.unreachable, out: "" });
  expect(refused.err).toContain("the account service cannot be reached");
});

test("makes the account with the token", async () => {
  const token = service.registrationToken ?? expect.fail("the service wants no token");
  const made = await init(service.address.origin, ["--registration-token-fd", "4", "--json"], [PASSWORD, token]);
  expect(made.code).toBe(0);
  expect(JSON.parse(made.out)).toMatchObject({ name: "Ada", service: service.address.origin });
});

test("asks at a terminal for the token first", async () => {
  const env = {
    HOME: home,
    POSTERN_HOME: home,
    PATH: `${dirname(process.execPath)}:/usr/bin:/bin`,
    LANG: "C.UTF-8",
    TOKEN: service.registrationToken ?? "",
  };
  const terminal = openTerminal(env, home);
  try {
    terminal.type(`node --disable-sigusr1 --no-warnings -- '${main}' init --service ${service.address.origin}`);
    await terminal.sees("Registration token");
    terminal.type(service.registrationToken ?? "");
    for (const [question, answer] of [
      ["Account name", "Ada"],
      ["Account password", PASSWORD],
      ["strength:", ""],
      ["The same again", PASSWORD],
      ["Approval PIN", PIN],
      ["The same again", PIN],
    ] as const) {
      await terminal.sees(question);
      if (answer !== "") terminal.type(answer);
    }
    await terminal.sees("The account is ready and unlocked.");
    expect(terminal.screen()).not.toContain(service.registrationToken);
  } finally {
    terminal.end();
  }
});
