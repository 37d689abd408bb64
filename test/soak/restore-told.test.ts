// A restore first reports what it cannot bring back. It brings service accounts back without their tokens. It replaces only an account that holds
// nothing.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { lossesOf, restoredText } from "../../clients/cli/agent/restored-text.ts";
import { exitCodes } from "../../clients/cli/terminal/exit-code.ts";
import { openChannel } from "../../clients/typescript/channel.ts";
import { attachPerson, PASSWORD, PIN } from "../agent/person.ts";
import { openTerminal, type Terminal } from "../build/terminal.ts";
import { postern, type Ran } from "../cli/postern.ts";
import { command as main } from "../programs.ts";
import { overLoopback } from "../service/doors.ts";

const FRESH = "a newcomer's first one";

const files = mkdtempSync(join(tmpdir(), "postern-rt-"));
const homes: string[] = [];
const backup = join(files, "ada.backup");
const kit = join(files, "kit.txt");

function newHome(): string {
  const home = mkdtempSync(join(tmpdir(), "postern-c-"));
  homes.push(home);
  return home;
}

const at =
  (home: string) =>
  (words: string, ...secrets: string[]): Promise<Ran> =>
    postern(words.split(" "), { home, secrets });

async function done(ran: Promise<Ran>): Promise<Ran> {
  const ended = await ran;
  expect(ended).toMatchObject({ code: exitCodes.ok });
  return ended;
}

beforeAll(async () => {
  const run = at(newHome());
  await done(run(`init --name Ada --kit ${kit} --password-fd 3 --pin-fd 4`, PASSWORD, PIN));
  const person = await attachPerson({
    connect: () => openChannel(join(homes[0] ?? "", "run", "agent.sock"), { name: "person", version: "1" }),
  });
  person.always("yes");
  await done(run("vault create Demo"));
  await done(run("item create --category Password --title DB --vault Demo --secret-fd password=3", "s3cret"));
  await done(run("service-account create CI --vault Demo:read_items --expires-in 30d --password-fd 3", PASSWORD));
  await done(run("service-account create Cron --vault Demo:read_items --expires-in never --password-fd 3", PASSWORD));
  await done(run("service-account create Old --vault Demo:read_items --password-fd 3", PASSWORD));
  await done(run("service-account revoke Old --password-fd 3", PASSWORD));
  await done(run(`backup ${backup} --password-fd 3`, PASSWORD));
  person.leave();
});

afterAll(async () => {
  for (const home of homes) {
    await at(home)("agent stop");
    rmSync(home, { recursive: true, force: true });
  }
  rmSync(files, { recursive: true, force: true });
});

test("what does not come back is told before the password is tried, and a wrong one leaves nothing behind", async () => {
  const run = at(newHome());
  const refused = await run(`restore ${backup} --kit ${kit} --password-fd 3 --json`, "a wrong password");
  expect(refused.code).toBe(exitCodes.denied);
  expect(refused.err).toContain("2 service accounts: the definitions come back, their tokens do not");
  expect((await run("status --json")).out).not.toContain("unfinishedRestore");
});

test("it takes the place of an account that holds nothing, and the service accounts get their tokens by name", async () => {
  const home = newHome();
  const run = at(home);
  await done(run(`init --name Newcomer --kit ${join(home, "k.txt")} --password-fd 3 --no-pin`, FRESH));

  const words = `restore ${backup} --kit ${kit} --password-fd 3`;
  const plain = await run(words, PASSWORD);
  expect([plain.code, plain.err]).toEqual([exitCodes.conflict, expect.stringContaining("--replace-empty")]);
  const wrong = await run(`${words} --replace-empty --replace-password-fd 4`, PASSWORD, "not the newcomer's");
  expect([wrong.code, wrong.err]).toEqual([
    exitCodes.denied,
    expect.stringContaining("that is on this agent is wrong"),
  ]);
  const other = await run(`${words} --replace-empty --replace-password-fd 4`, "not Ada's", FRESH);
  expect(other.code).toBe(exitCodes.denied);

  const restored = await done(run(`${words} --replace-empty --replace-password-fd 4`, PASSWORD, FRESH));
  expect(restored.out).toContain("Ada is back");
  expect(restored.out).toMatch(/^ {2}postern service-account rotate CI --expires-in 30d$/m);
  expect(restored.out).toMatch(/^ {2}postern service-account rotate Cron --expires-in never$/m);
  expect(restored.out).not.toContain("Old");

  const made = await done(run("service-account rotate CI --expires-in 30d --password-fd 3", PASSWORD));
  const env = { POSTERN_SERVICE_ACCOUNT_TOKEN: made.out.trim() };
  expect((await postern(["read", "op://Demo/DB/password"], { home, env })).out).toBe("s3cret");
  const edit = await postern("item edit DB --vault Demo --field REGION=eu".split(" "), { home, env });
  expect(edit.err).toContain('UPDATE_ITEMS is missing (vault "Demo"');
}, 120_000);

test("it takes the place of no account that holds anything", async () => {
  const home = newHome();
  const run = at(home);
  await done(run(`init --name Busy --kit ${join(home, "k.txt")} --password-fd 3 --pin-fd 4`, PASSWORD, PIN));
  const person = await attachPerson({
    connect: () => openChannel(join(home, "run", "agent.sock"), { name: "person", version: "1" }),
  });
  person.always("yes");
  await done(run("item create --category Password --title Mine --vault Personal --secret-fd password=3", "mine"));
  const ran = await run(
    `restore ${backup} --kit ${kit} --password-fd 3 --replace-empty --replace-password-fd 4`,
    PASSWORD,
    PASSWORD,
  );
  expect([ran.code, ran.err]).toEqual([
    exitCodes.conflict,
    expect.stringContaining("it has items, so it is not replaced"),
  ]);
  expect((await run("read op://Personal/Mine/password")).out).toBe("mine");
  person.leave();
});

function atTerminal(home: string): Terminal {
  const path = `${dirname(process.execPath)}:/usr/bin:/bin`;
  return openTerminal({ HOME: home, POSTERN_HOME: home, PATH: path, LANG: "C.UTF-8" }, home);
}

test("at a terminal it asks whether to replace the account, and for its password", async () => {
  const home = newHome();
  await done(at(home)(`init --name Newcomer --kit ${join(home, "k.txt")} --password-fd 3 --no-pin`, FRESH));
  const terminal = atTerminal(home);
  try {
    terminal.type(`node --disable-sigusr1 --no-warnings -- '${main}' restore ${backup} --kit ${kit}`);
    await terminal.sees("the id in its emergency kit) is on this agent already. Replace it, if nothing is in it?");
    terminal.key("y");
    // The agent takes a backup beside an account only with that account's password.
    await terminal.sees("is replaced. Its password");
    terminal.type(FRESH);
    await terminal.sees("their tokens do not");
    await terminal.sees("Account password (of the backup)");
    terminal.type(PASSWORD);
    await terminal.sees("Ada is back, and unlocked.");
    await terminal.sees("postern service-account rotate CI");
  } finally {
    terminal.end();
  }
});

test("at a terminal it asks for the registration token that the service wants", async () => {
  const service = await overLoopback();
  const home = newHome();
  const terminal = atTerminal(home);
  try {
    const where = `--service ${service.address.origin}`;
    terminal.type(`node --disable-sigusr1 --no-warnings -- '${main}' restore ${backup} --kit ${kit} ${where}`);
    await terminal.sees("Enter where a restore that was cut off goes on");
    terminal.type(service.registrationToken ?? "");
    await terminal.sees("Account password (of the backup)");
    terminal.type(PASSWORD);
    await terminal.sees("Ada is back, and unlocked.");
    expect(terminal.screen()).not.toContain(service.registrationToken);
  } finally {
    terminal.end();
    await at(home)("agent stop");
    await service.close();
  }
});

test("links are counted before and named behind, and a name that is no word goes by its id", () => {
  const found = { account: "a", madeAt: "2026-01-01T00:00:00.000Z", serviceAccounts: 1, shares: 2 };
  expect(lossesOf(found).join("\n")).toMatch(
    /Not all of it.*\n.*1 service account:.*\n.*2 shared links: none comes back/,
  );
  expect(lossesOf({ ...found, serviceAccounts: 0, shares: 0 })).toEqual([
    expect.stringMatching(/all that is in it comes back$/),
  ]);
  const shares = [{ vaultId: "v", itemId: "i", title: "Router\u001b[2J", expiresAt: found.madeAt }];
  const serviceAccounts = [{ id: "id1", title: "two words" }];
  const text = restoredText({ account: "a", name: "Ada", serviceAccounts, shares }, 0);
  expect(text).toContain("  postern service-account rotate id1    # two words\n");
  expect(text).toContain("1 shared link did not come back");
  expect(text).not.toContain("\u001b");
});
