// signout: the files that it removes, the way back, and a device that another device has removed.
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { exitCodes } from "../../clients/cli/terminal/exit-code.ts";
import { openTerminal } from "../build/terminal.ts";
import { command as main } from "../programs.ts";
import { type Door, overLoopback } from "../service/doors.ts";
import { postern, type Ran } from "./postern.ts";

const PASSWORD = "seven quiet harbours";
const PIN = "493817";
const WITH_PASSWORD = ["--password-fd", "3"];

let homes: string[];
let home: string;

function newHome(): string {
  const made = mkdtempSync(join(tmpdir(), "postern-so-"));
  homes.push(made);
  return made;
}

/** `postern …` with the account password, in the first home. */
const say = (line: string, at = home, password = PASSWORD): Promise<Ran> =>
  postern([...line.split(" "), ...WITH_PASSWORD], { home: at, secrets: [password] });
const kit = () => join(home, "kit.txt");
const state = async (at = home) =>
  (JSON.parse((await postern(["status", "--json"], { home: at })).out) as { state: string }).state;
/** The accounts with keys here, and those with a log here. */
const keptHere = (at = home) => foldersWith("account.json", at);
const foldersWith = (name: string, at = home) => {
  const accounts = join(at, "data", "accounts");
  return readdirSync(accounts).filter((account) => existsSync(join(accounts, account, name)));
};

beforeEach(() => {
  homes = [];
  home = newHome();
});
afterEach(async () => {
  for (const each of homes) {
    await postern(["agent", "stop"], { home: each });
    rmSync(each, { recursive: true, force: true, maxRetries: 5 });
  }
});

async function init(more: readonly string[] = [], secrets: readonly string[] = []): Promise<void> {
  const words = ["init", "--name", "Ada", "--kit", "kit.txt", ...WITH_PASSWORD, "--pin-fd", "4", ...more];
  expect(await postern(words, { home, secrets: [PASSWORD, PIN, ...secrets] })).toMatchObject({ code: 0 });
}

/** An account on a service that two homes reach. */
async function initServed(door: Door): Promise<void> {
  const service = ["--service", door.address.origin, "--registration-token-fd", "5"];
  await init(service, [door.registrationToken ?? ""]);
}

test("signout leaves no key or PIN of the account on this machine, and kit and password bring it back", async () => {
  await init();
  expect(keptHere()).toHaveLength(1);
  const out = await say("signout --yes");
  expect(out).toMatchObject({ code: 0, out: expect.stringContaining("postern signin --kit") });
  expect([keptHere(), await state()]).toEqual([[], "signedOut"]);
  expect([foldersWith("audit-000001.log").length, out.out.includes("its log, sealed, stays here")]).toEqual([1, true]);
  expect(await say("signin --no-pin --kit kit.txt")).toMatchObject({ code: 0 });
  expect(await state()).toBe("unlocked");
  expect((await say("devices")).out.match(/this one/g)).toHaveLength(1);
  // The former device is off the list.
  expect((await say("devices")).out.trim().split("\n")).toHaveLength(2);
});

test("signout --with-log takes the log along", async () => {
  await init();
  const out = await say("signout --yes --with-log");
  expect(out).toMatchObject({ code: 0, out: expect.stringContaining("its log is deleted") });
  expect(foldersWith("audit-000001.log")).toEqual([]);
});

test("signout of a locked account takes its password, and does not leave it unlocked", async () => {
  await init();
  await postern(["lock"], { home });
  expect(await say("signout --yes")).toMatchObject({ code: 0 });
  expect([keptHere(), await state()]).toEqual([[], "signedOut"]);
});

test("signout with a wrong password changes nothing", async () => {
  await init();
  expect(await say("signout --yes", home, "quite wrong")).toMatchObject({ code: exitCodes.denied, out: "" });
  expect([keptHere().length, await state()]).toEqual([1, "unlocked"]);
});

test("signout asks first, and without a terminal names the option that answers", async () => {
  await init();
  expect(await say("signout")).toMatchObject({ code: exitCodes.usage, err: expect.stringContaining("--yes") });
  expect([keptHere().length, await state()]).toEqual([1, "unlocked"]);
});

test("signout at a terminal says what is removed and how to come back, and takes Enter for no", async () => {
  await init();
  const env = { HOME: home, POSTERN_HOME: home, PATH: `${dirname(process.execPath)}:/usr/bin:/bin`, LANG: "C.UTF-8" };
  const terminal = openTerminal(env, home);
  try {
    terminal.type(`node --no-warnings -- ${main} signout`);
    await terminal.sees("postern kit --out-file");
    await terminal.sees("Sign out?");
    terminal.type("");
    await terminal.sees("nothing was changed");
  } finally {
    terminal.end();
  }
  expect(await state()).toBe("unlocked");
});

test("signout without an account says so and names the next step", async () => {
  expect(await say("signout --yes")).toMatchObject({
    code: exitCodes.locked,
    err: expect.stringContaining("postern signin"),
  });
});

test("signout as a service account is refused", async () => {
  const ran = await postern(["signout", "--yes"], { home, env: { POSTERN_SERVICE_ACCOUNT_TOKEN: "postern_x" } });
  expect(ran).toMatchObject({ code: exitCodes.usage, err: expect.stringContaining("token is set") });
});

test("a device that another one removed learns it at unlock, signs out and comes back", async () => {
  const door = await overLoopback();
  try {
    await initServed(door);
    const other = newHome();
    expect(await say(`signin --no-pin --kit ${kit()}`, other)).toMatchObject({ code: 0 });
    const listed = JSON.parse((await say("devices --json")).out) as { devices: { device: string; thisOne: boolean }[] };
    const there = listed.devices.find((one) => !one.thisOne)?.device ?? "";
    expect(await say(`devices remove ${there} --yes`)).toMatchObject({ code: 0 });
    await postern(["lock"], { home: other });
    const refused = { code: exitCodes.denied, err: expect.stringContaining("postern signout") };
    expect(await say("unlock", other)).toMatchObject(refused);
    // The password was not wrong. A wrong one still is.
    expect((await say("unlock", other, "quite wrong")).err).toContain("password is wrong");
    expect(await say("signout --yes", other)).toMatchObject({ code: 0 });
    expect(await say(`signin --no-pin --kit ${kit()}`, other)).toMatchObject({ code: 0 });
    expect(await state(other)).toBe("unlocked");
  } finally {
    await door.close();
  }
});

test("signout while the service is away names the device to remove, and is refused when locked", async () => {
  const door = await overLoopback();
  await initServed(door);
  const other = newHome();
  expect(await say(`signin --no-pin --kit ${kit()}`, other)).toMatchObject({ code: 0 });
  await postern(["lock"], { home: other });
  await door.close();
  expect(await say("signout --yes", other)).toMatchObject({ code: exitCodes.unreachable, out: "" });
  expect(keptHere(other)).toHaveLength(1);
  const out = await say("signout --yes");
  expect([out.code, /postern devices remove [a-z2-7]{26}/.test(out.out), keptHere()]).toEqual([0, true, []]);
  expect(existsSync(kit())).toBe(true);
});
