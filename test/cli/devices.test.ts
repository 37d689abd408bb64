// postern devices: one account on two agents, and a third that is signed in once the second is removed.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { kitText } from "../../clients/cli/agent/kit.ts";
import { exitCodes } from "../../clients/cli/terminal/exit-code.ts";
import { makeAccount, PASSWORD } from "../agent/person.ts";
import { type RunningAgent, startAgent } from "../agent/start.ts";
import { openTerminal } from "../build/terminal.ts";
import { command as main } from "../programs.ts";
import { type Door, overLoopback } from "../service/doors.ts";
import { postern } from "./postern.ts";

const folder = mkdtempSync(join(tmpdir(), "postern-dv-"));
const kit = join(folder, "kit.txt");

let service: Door;
let here: RunningAgent;
let there: RunningAgent;
let third: RunningAgent;

const run = (line: string, agent = here, secrets = [PASSWORD]) =>
  postern(line.split(" "), { home: agent.home, secrets });

type Device = { device: string; thisOne: boolean };
async function devices(): Promise<Device[]> {
  return (JSON.parse((await run("devices --password-fd 3 --json")).out) as { devices: Device[] }).devices;
}
const idOf = async (wanted: "this one" | "the other") =>
  (await devices()).find(({ thisOne }) => thisOne === (wanted === "this one"))?.device ?? "";

beforeAll(async () => {
  service = await overLoopback();
  [here, there, third] = await Promise.all([startAgent(), startAgent(), startAgent()]);
  const token = service.registrationToken;
  const made = await makeAccount(here, "Ada", {
    service: service.address.origin,
    ...(token && { registrationToken: token }),
  });
  writeFileSync(kit, kitText(made));
  expect(await run(`signin --kit ${kit} --no-pin --password-fd 3`, there)).toMatchObject({ code: 0 });
});
afterAll(async () => {
  for (const agent of [here, there, third]) await agent.remove();
  await service.close();
  rmSync(folder, { recursive: true, force: true });
});

test("devices have names, given at sign-in or later", async () => {
  expect((await run("devices --password-fd 3")).out).toMatch(/^DEVICE +NAME +SINCE +LAST SEEN/);
  const other = await idOf("the other");
  const renamed = await run(`devices rename ${other} attic --password-fd 3`);
  expect(renamed).toMatchObject({ code: 0, out: "Now called attic.\n" });
  expect((await run("devices --password-fd 3", there)).out).toMatch(new RegExp(`${other} +attic +\\d{4}-.*this one`));
  const unknown = await run("devices rename aaaaaaaaaaaaaaaaaaaaaaaaaa attic --password-fd 3");
  expect([unknown.code, unknown.out]).toEqual([exitCodes.notFound, ""]);
  const long = await run(`signin --kit ${kit} --no-pin --device-name ${"x".repeat(257)} --password-fd 3`, third);
  expect([long.code, long.err.includes("--device-name has 1 to 256 characters")]).toEqual([exitCodes.usage, true]);
});

test("a device that is not there is named as such, with the list as the next step", async () => {
  const ran = await run("devices remove aaaaaaaaaaaaaaaaaaaaaaaaaa --password-fd 3 --yes");
  expect([ran.code, ran.out]).toEqual([exitCodes.notFound, ""]);
  expect(ran.err).toBe("postern: no device of this account has this id\n  next: run `postern devices`\n");
});

test("the device one is on is not removed, not with --yes either", async () => {
  const ran = await run(`devices remove ${await idOf("this one")} --password-fd 3 --yes`);
  expect([ran.code, ran.out]).toEqual([exitCodes.usage, ""]);
  expect(ran.err).toMatch(/^postern: this is the device you are on\n {2}next: .*postern signout.*\n$/);
  expect(await devices()).toHaveLength(2);
});

test("a wrong password removes nothing", async () => {
  const device = await idOf("the other");
  const ran = await run(`devices remove ${device} --password-fd 3 --yes`, here, ["wrong password"]);
  expect([ran.code, ran.out]).toEqual([exitCodes.denied, ""]);
  expect(await devices()).toHaveLength(2);
});

test("without a terminal and without --yes nothing is removed", async () => {
  const ran = await run(`devices remove ${await idOf("the other")} --password-fd 3`);
  expect([ran.code, ran.out]).toEqual([exitCodes.usage, ""]);
  expect(await devices()).toHaveLength(2);
});

test("a service account's token removes no device", async () => {
  const ran = await postern(["devices", "remove", "x", "--yes"], {
    home: here.home,
    env: { POSTERN_SERVICE_ACCOUNT_TOKEN: "postern_x" },
  });
  expect([ran.code, ran.err]).toEqual([exitCodes.usage, expect.stringContaining("a service account's token is set")]);
});

test("a person is asked for the password, then for a confirmation, and Enter alone removes nothing", async () => {
  const { home } = here;
  const env = { HOME: home, POSTERN_HOME: home, PATH: `${dirname(process.execPath)}:/usr/bin:/bin`, LANG: "C.UTF-8" };
  const device = await idOf("the other");
  const terminal = openTerminal(env, home);
  try {
    terminal.type(`node --no-warnings -- ${main} devices remove ${device}`);
    await terminal.sees("Account password");
    terminal.type(PASSWORD);
    await terminal.sees(/Remove .+, last seen \d{4}-/);
    terminal.type("");
    await terminal.sees("nothing was removed");
    terminal.type("echo code=$?");
    await terminal.sees("code=2");
  } finally {
    terminal.end();
  }
  expect(await devices()).toHaveLength(2);
});

test("a removed device cannot unlock, and kit and password open the account on a new one, as the message says", async () => {
  const device = await idOf("the other");
  const ran = await run(`devices remove ${device} --password-fd 3 --yes`);
  expect(ran).toMatchObject({ code: 0, err: "" });
  expect(ran.out).toContain("cannot sign in again");
  expect(ran.out).toContain("`postern passwd`");
  expect((await devices()).map((one) => one.thisOne)).toEqual([true]);

  await run("lock", there);
  const shut = await run("unlock --password-fd 3", there);
  expect([shut.code, shut.out]).toEqual([exitCodes.denied, ""]);
  expect(shut.err).toContain("this device was removed");

  expect(await run(`signin --kit ${kit} --no-pin --password-fd 3`, third)).toMatchObject({ code: 0 });
  expect(await devices()).toHaveLength(2);
  const again = await run(`devices remove ${await idOf("the other")} --password-fd 3 --yes --json`);
  expect(JSON.parse(again.out)).toEqual({ removed: expect.stringMatching(/^[a-z2-7]{26}$/) });
});
