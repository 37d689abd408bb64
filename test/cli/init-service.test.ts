// `postern init --service` knows the service's demands before a person types anything.
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { exitCodes } from "../../clients/cli/terminal/exit-code.ts";
import { PASSWORD, PIN } from "../agent/person.ts";
import { openTerminal } from "../build/terminal.ts";
import { command as main } from "../programs.ts";
import { type Door, overLoopback } from "../service/doors.ts";
import { postern } from "./postern.ts";

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

test.each([
  ["empty", "", "the registration token given to --registration-token-fd is empty"],
  ["blank", "  ", "the registration token given to --registration-token-fd is empty"],
  ["a whole log", "listening\ntoken: abc", "has a space or a line end in it"],
  ["a long file", "a".repeat(129), "is longer than 128 characters"],
])("refuses a token that is %s before anything is asked, and says so", async (_what, token, why) => {
  // There is no password and no terminal, so any question would fail.
  const words = ["init", "--service", service.address.origin, "--registration-token-fd", "3"];
  const refused = await postern(words, { home, secrets: [token] });
  expect(refused).toMatchObject({ code: exitCodes.usage, out: "" });
  expect(refused.err).toContain(why);
  expect(refused.err).toContain("the service prints the token at its first start");
});

test.each([
  ["another one's", "A".repeat(43)],
  ["of the longest form", "a".repeat(128)],
])(
  "refuses a token that is %s before anything is asked, as the service says, and makes nothing",
  async (_what, token) => {
    const words = ["init", "--service", service.address.origin, "--registration-token-fd", "3"];
    const refused = await postern(words, { home, secrets: [token] });
    expect(refused).toMatchObject({ code: exitCodes.denied, out: "" });
    expect(refused.err).toContain("the registration token is missing or wrong");
    expect(refused.err).toContain("the service prints the token at its first start");
    expect(refused.err).not.toContain(token);
    expect(existsSync(join(home, "emergency-kit.txt"))).toBe(false);
  },
);

test("says before any question that a token without a service is of no use, and that a kit has no place", async () => {
  const alone = await postern(["init", "--registration-token-fd", "3"], { home, secrets: ["A".repeat(43)] });
  expect(alone).toMatchObject({ code: exitCodes.usage, out: "" });
  expect(alone.err).toContain("--service URL");
  const kit = await postern(["init", "--kit", "missing/kit.txt"], { home });
  expect(kit).toMatchObject({ code: exitCodes.usage, out: "" });
  expect(kit.err).toContain("missing");
  const short = await postern(["init", "--password-fd", "3"], { home, secrets: ["short"] });
  expect(short.err).toContain("the account password needs at least");
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
    await terminal.sees("Lock the account after how long without use?");
    terminal.type("");
    await terminal.sees("The account is ready and unlocked.");
    expect(terminal.screen()).not.toContain(service.registrationToken);
  } finally {
    terminal.end();
  }
});
