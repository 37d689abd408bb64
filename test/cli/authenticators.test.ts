// postern authenticators: an agent in its own process, whose app's page is open, and authenticators in software.
import { afterAll, beforeAll, expect, test } from "vitest";
import { exitCodes } from "../../clients/cli/terminal/exit-code.ts";
import type { Channel } from "../../clients/typescript/channel.ts";
import { enrol } from "../agent/enrolled.ts";
import { wayOf } from "../agent/page-client.ts";
import { makeAccount, PASSWORD, PIN } from "../agent/person.ts";
import { softwareAuthenticator } from "../agent/software-authenticator.ts";
import { type RunningAgent, startAgent } from "../agent/start.ts";
import { postern } from "./postern.ts";

let agent: RunningAgent;
let channel: Channel;
let origin: string;

const run = (line: string, secrets = [PASSWORD]) => postern(line.split(" "), { home: agent.home, secrets });

const add = (name: string, hasPrf = true) =>
  enrol(channel, softwareAuthenticator(), { name, twist: { origin, hasPrf } });

beforeAll(async () => {
  agent = await startAgent();
  await makeAccount(agent);
  channel = await agent.connect();
  const { file } = await channel.call("app.open", {});
  origin = `http://${wayOf(file).host}`;
});
afterAll(async () => {
  channel.close();
  await agent.remove();
});

test("where none is enrolled, the app is named", async () => {
  expect((await run("authenticators --password-fd 3")).out).toContain("`postern app`");
  expect(JSON.parse((await run("authenticators --password-fd 3 --json")).out)).toEqual({ authenticators: [] });
});

test("those that are enrolled are listed with what they may do, and one is removed by its name", async () => {
  await add("Blue key", false);
  const { authenticator } = await add("Fingerprint");
  const { out } = await run("authenticators --password-fd 3");
  expect(out).toMatch(/^AUTHENTICATOR +NAME +SINCE +LAST USED +MAY\n/);
  expect(out).toMatch(/ Blue key .* approve\n/);
  expect(out).toMatch(new RegExp(`${authenticator} +Fingerprint .* approve and unlock`));
  const removed = await run("authenticators remove fingerprint --password-fd 3 --yes --json");
  expect([removed.code, JSON.parse(removed.out)]).toEqual([0, { removed: authenticator }]);
  expect((await run("authenticators --password-fd 3")).out).not.toContain("Fingerprint");
});

test("nothing is removed by a name that two have, by one that none has, or without a yes", async () => {
  const { authenticator } = await add("Key");
  await add("key");
  const twice = await run("authenticators remove KEY --password-fd 3 --yes");
  expect([twice.code, twice.err.includes("more than one authenticator")]).toEqual([exitCodes.notFound, true]);
  const none = await run("authenticators remove Nothing --password-fd 3 --yes");
  expect([none.code, none.err.includes("postern authenticators")]).toEqual([exitCodes.notFound, true]);
  const unknown = await run(`authenticators remove ${"a".repeat(26)} --password-fd 3 --yes`);
  expect(unknown.code).toBe(exitCodes.notFound);
  const unsaid = await run(`authenticators remove ${authenticator} --password-fd 3`);
  expect([unsaid.code, unsaid.err.includes("--yes")]).toEqual([exitCodes.usage, true]);
  const { authenticators } = JSON.parse((await run("authenticators --password-fd 3 --json")).out) as {
    authenticators: { name: string }[];
  };
  expect(authenticators.map(({ name }) => name).toSorted()).toEqual(["Blue key", "Key", "key"]);
});

test("the PIN lists and removes nothing", async () => {
  for (const line of ["authenticators --password-fd 3", "authenticators remove Key --password-fd 3 --yes"])
    expect((await run(line, [PIN])).code).toBe(exitCodes.denied);
});
