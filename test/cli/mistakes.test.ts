// Mistakes in a command line or a file. Each error has the given name and a next step, and shows no text that may be a secret.
import { symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { exitCodes } from "../../clients/cli/terminal/exit-code.ts";
import { attachPerson, makeAccount, PASSWORD, type Person } from "../agent/person.ts";
import { type RunningAgent, startAgent } from "../agent/start.ts";
import { postern, type RunOptions } from "./postern.ts";

/** A text that no error may print. */
const SECRET = "hunter2";

let agent: RunningAgent;
let person: Person;

const run = (words: string, more: Partial<RunOptions> = {}) =>
  postern(words.split(" "), { home: agent.home, secrets: [PASSWORD], ...more });

beforeAll(async () => {
  agent = await startAgent();
  await makeAccount(agent);
  person = await attachPerson(agent);
  person.always("yes");
  const file = (name: string, content: string | Uint8Array) => writeFileSync(join(agent.home, name), content);
  file("bad.env", `A=1\n${SECRET} is not one\n`);
  file("empty.env", "# nothing\n");
  file("no.kit", `Secret Key    ${SECRET}\n`);
  file("no.tpl", new Uint8Array([0xff, 0xfe]));
  file("long", "x".repeat(600 * 1024));
  symlinkSync("loop", join(agent.home, "loop"));
  expect((await run("item create --vault Personal --title X --field a=b")).code).toBe(0);
  expect((await run("env create staging")).code).toBe(0);
});
afterAll(async () => {
  person.leave();
  await agent.remove();
});

test.each([
  ["restore nothing.backup", "the backup nothing.backup could not be read (ENOENT)"],
  ["restore .", "the backup . is no file"],
  ["signin --kit no.kit", "no.kit is not an emergency kit"],
  ["env import staging nothing.env", "the env file nothing.env could not be read (ENOENT)"],
  ["env import staging bad.env", "nothing was imported; not understood in bad.env: line 2"],
  ["env import staging empty.env", "empty.env sets no variable"],
  ["run --env-file bad.env -- true", "the program was not started; not understood in bad.env: line 2"],
  ["import env bad.env --vault Personal", "nothing was imported; not understood in bad.env: line 2"],
  ["inject --in-file no.tpl", "the template no.tpl is not UTF-8 text"],
  [
    "item create --vault Personal --file nothing.pdf",
    "the file nothing.pdf given to --file could not be read (ENOENT)",
  ],
  ["item create --vault Personal --title L --secret-file a=long", "what --secret-file gives is longer than"],
])("%s names the file, and a next step", async (words, message) => {
  const ran = await run(words);
  expect([ran.code, ran.out]).toEqual([exitCodes.usage, ""]);
  expect(ran.err).toMatch(/^postern: .*\n {2}next: .+\n$/);
  expect(ran.err).toContain(`postern: ${message}`);
  expect(ran.err).not.toContain(SECRET);
});

test.each([
  [`item create --vault Personal --title Y --field ${SECRET}`, "--field takes NAME=VALUE", "--field REGION=eu"],
  [`item edit X --vault Personal --field =${SECRET}`, "--field takes NAME=VALUE", "--field REGION=eu"],
  [`item edit X --vault Personal --secret-file ${SECRET}`, "--secret-file takes NAME=PATH", "--secret-file PASSWORD="],
  [`item edit X --vault Personal --secret-fd ${SECRET}`, "--secret-fd takes NAME=N", "--secret-fd PASSWORD=3 3<"],
  [`env set staging --plain ${SECRET}`, "--plain takes NAME=VALUE", "--plain REGION=eu"],
  [`env set staging --secret-file ${SECRET}`, "--secret-file takes NAME=PATH", "--secret-file PASSWORD=password.txt"],
  [`env set staging --secret-fd ${SECRET}`, "--secret-fd takes NAME=N", "--secret-fd PASSWORD=3 3<"],
  [`env set staging --plain 1${SECRET}=x`, "begins with no digit", "DATABASE_URL"],
  ["item create --vault Personal", "--title is required", "--title Wi-Fi"],
  [`group grant G --vault Personal --permissions ${SECRET}`, "--permissions names one", "read_items"],
  [`share create Personal/X --expires-in ${SECRET}`, "--expires-in is one of", "--expires-in 7d"],
  [`generate --length ${SECRET}`, "take a whole number", "--length 24"],
])("%s says the right form, with an example and without the given text", async (words, message, example) => {
  const ran = await run(words);
  expect([ran.code, ran.out]).toEqual([exitCodes.usage, ""]);
  expect(ran.err).toContain(message);
  expect(/ {2}next: (.+)\n$/.exec(ran.err)?.[1]).toContain(example);
  expect(ran.err).not.toContain(SECRET);
});

describe("a token that is not accepted", () => {
  test.each([
    ["POSTERN_SERVICE_ACCOUNT_TOKEN", SECRET],
    ["POSTERN_SERVICE_ACCOUNT_TOKEN", `ops_${SECRET}`],
    ["OP_SERVICE_ACCOUNT_TOKEN", `postern_${SECRET}`],
  ])("in %s is reported by that name, without any part of the token", async (variable, token) => {
    const ran = await run("read op://Personal/X/a", { env: { [variable]: token } });
    expect([ran.code, ran.out]).toEqual([exitCodes.usage, ""]);
    expect(ran.err).toContain(`postern: ${variable}: `);
    expect(ran.err).toContain(`next: set ${variable} to a token`);
    expect(ran.err).not.toContain(SECRET);
  });
});

test("a socket that cannot be checked is reported with its path, and with the setting that decides it", async () => {
  const socket = join(agent.home, "loop", "agent.sock");
  const ran = await run("vault list", { env: { POSTERN_SOCKET: socket } });
  expect([ran.code, ran.out]).toEqual([exitCodes.unreachable, ""]);
  expect(ran.err).toContain(`${socket} cannot be looked at (ELOOP)`);
  expect(ran.err).toMatch(/ {2}next: .*POSTERN_SOCKET/);
});
