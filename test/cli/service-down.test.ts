// The account service is away, comes back, or comes back as an older copy. The tests show the commands' answers and messages.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { exitCodes } from "../../clients/cli/terminal/exit-code.ts";
import { localTime } from "../../clients/cli/terminal/local-time.ts";
import { attachPerson, makeAccount, PASSWORD, type Person } from "../agent/person.ts";
import { type RunningAgent, startAgent } from "../agent/start.ts";
import { openTerminal } from "../build/terminal.ts";
import { command as main, serviceProgram as program } from "../programs.ts";
import { postern } from "./postern.ts";

let folder: string;
let port: number;
let origin: string;
let service: ChildProcess;
let agent: RunningAgent;
let person: Person;
let vaultId: string;
let itemId: string;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}

async function startService(): Promise<{ registrationToken?: string }> {
  service = spawn(process.execPath, ["--no-warnings", program, "--data", folder, "--port", String(port)], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [line] = (await once(service.stdout as NodeJS.ReadableStream, "data")) as [Buffer];
  return JSON.parse(line.toString()) as { registrationToken?: string };
}

async function stopService(): Promise<void> {
  const ended = once(service, "exit");
  service.kill("SIGTERM");
  await ended;
}

const run = (...words: string[]) => postern(words, { home: agent.home });
const json = async (...words: string[]) => JSON.parse((await run(...words, "--json")).out) as Record<string, never>;
const linkState = async () => (await person.channel.call("agent.status", {})).links[0]?.state;
const REFERENCE = "op://Demo/DB/password";

async function setValue(value: string): Promise<void> {
  const item = await person.channel.call("items.get", { vaultId, itemId });
  const fields = item.fields.map((field) => ({ ...field, value }));
  await person.channel.call("items.put", { item: { ...item, fields } });
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "postern-dn-"));
  port = await freePort();
  origin = `http://127.0.0.1:${port}`;
  const { registrationToken = "" } = await startService();
  agent = await startAgent(mkdtempSync(join(tmpdir(), "postern-da-")));
  await makeAccount(agent, "Ada", { service: origin, registrationToken });
  person = await attachPerson(agent);
  person.always("yes");
  ({ id: vaultId } = await person.channel.call("vaults.create", { title: "Demo" }));
  const fields = [{ id: "password", title: "password", fieldType: "Concealed" as const, value: "first" }];
  for (const title of ["Unread", "DB"])
    ({ id: itemId } = await person.channel.call("items.create", {
      item: { vaultId, title, category: "Password", fields },
    }));
  expect(await run("env", "create", "staging")).toMatchObject({ code: 0 });
  expect(
    await run("env", "set", "staging", "--plain", `DB_VALUE=${REFERENCE}`, "--plain", "COLOUR=blue"),
  ).toMatchObject({
    code: 0,
  });
}, 60_000);
afterAll(async () => {
  person.leave();
  await agent.remove();
  await stopService();
  rmSync(folder, { recursive: true, force: true });
});

test("a value read before is answered with its age; any other names the service, the time of its loss, and where to look", async () => {
  expect(await run("read", REFERENCE)).toMatchObject({ code: 0, out: "first" });
  expect(await run("env", "run", "staging", "--no-masking", "--", "printenv", "DB_VALUE", "COLOUR")).toMatchObject({
    code: 0,
    out: "first\nblue\n",
  });
  expect(await json("read", REFERENCE)).not.toHaveProperty("offline");
  const listsOf = [
    ["vault", "list"],
    ["item", "list", "--vault", "Demo"],
    ["env", "list"],
  ];
  const lists = await Promise.all(listsOf.map((words) => json(...words)));
  for (const list of lists) expect(list).not.toHaveProperty("offline");
  expect((await run("status")).out).toContain(`account service ${origin}: reached`);
  const grants = await postern(["grants", "--password-fd", "3"], { home: agent.home, secrets: [PASSWORD] });
  expect(grants.out).toMatch(/write \w+ +staging /);
  await stopService();
  await expect.poll(linkState, { interval: 10 }).toBe("unreached");

  expect(await json("read", REFERENCE)).toMatchObject({
    secret: "first",
    offline: true,
    ageSeconds: expect.any(Number),
  });
  expect(await json("env", "get", "staging")).toMatchObject({ offline: true, ageSeconds: expect.any(Number) });
  expect(await run("env", "run", "staging", "--no-masking", "--", "printenv", "DB_VALUE", "COLOUR")).toEqual({
    code: 0,
    out: "first\nblue\n",
    err: "",
  });

  for (const [index, words] of listsOf.entries())
    expect(await json(...words)).toEqual({ ...lists[index], offline: true, ageSeconds: expect.any(Number) });
  const unread = await run("item", "list", "--vault", "Personal");
  expect([unread.code, unread.out]).toEqual([exitCodes.unreachable, ""]);
  const audit = async (...words: string[]) =>
    (await postern(["audit", ...words, "--password-fd", "3"], { home: agent.home, secrets: [PASSWORD] })).out;
  const words = await audit("--item", itemId);
  expect(words).toMatch(/ read a secret +ok +/);
  expect(words).toMatch(/ read secrets? +ok, offline from memory +/);
  expect(words).not.toContain("secrets.resolve");
  expect(await audit()).toMatch(/ read an environment +ok, offline from memory +/);
  const asked = JSON.parse(await audit("--item", itemId, "--json")) as {
    records: { event: string; outcome: string }[];
  };
  expect(asked.records).toContainEqual(expect.objectContaining({ event: "secrets.resolve", outcome: "okOffline" }));

  const refused = await run("read", "op://Demo/Unread/password");
  expect(refused.code).toBe(exitCodes.unreachable);
  expect(refused.err).toContain(`the account service cannot be reached: ${origin}, not since 20`);
  expect(refused.err).toContain("`postern status`");
  // In this terminal's time zone for a person, and as on the wire for a program.
  const asJson = await run("read", "op://Demo/Unread/password", "--json");
  const moment = /not since (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)/.exec(asJson.err)?.[1] ?? expect.fail(asJson.err);
  expect(refused.err).toContain(`not since ${localTime(moment, "second")}`);
  const abroad = await postern(["read", "op://Demo/Unread/password"], { home: agent.home, env: { TZ: "Asia/Tokyo" } });
  const there = new Date(Date.parse(moment) + 9 * 60 * 60_000).toISOString().slice(0, 19).replace("T", " ");
  expect(abroad.err).toContain(`not since ${there}`);
  const status = await json("status");
  expect(status.links).toEqual([expect.objectContaining({ service: origin, state: "unreached" })]);
  const doctor = await run("doctor");
  expect(doctor.out).toContain(`✗ account service ${origin}: not reached since`);
  expect(doctor.code).not.toBe(0);
}, 30_000);

test("a value read before can also be written to a file, and its age is shown", async () => {
  await expect.poll(linkState, { interval: 10 }).toBe("unreached");
  const out = join(agent.home, "kept-value");
  expect(await json("read", REFERENCE, "--out-file", out)).toMatchObject({ size: 5, offline: true });
  expect(readFileSync(out, "utf8")).toBe("first");
});

test("a person at a terminal sees its age", async () => {
  await expect.poll(linkState, { interval: 10 }).toBe("unreached");
  const env = { HOME: agent.home, POSTERN_HOME: agent.home, PATH: `${dirname(process.execPath)}:/usr/bin:/bin` };
  const terminal = openTerminal({ ...env, LANG: "C.UTF-8" }, agent.home);
  terminal.type(`node --no-warnings -- ${main} read ${REFERENCE}`);
  await terminal.sees(/the account service is not reached; this was read \d+ (s|min) ago/);
  await terminal.sees("first");
  for (const words of ["vault list", "item list --vault Demo", "env list"]) {
    terminal.type(`clear; node --no-warnings -- ${main} ${words}; echo "<en""ded>"`);
    await terminal.sees(/this was read \d+ (s|min) ago/);
    await terminal.sees("<ended>");
  }
  terminal.end();
}, 30_000);

test("a service that comes back as an older copy is reported at the next command, in status and in the log", async () => {
  await startService();
  await expect.poll(linkState, { interval: 10 }).toBe("reached");
  await stopService();
  copyFileSync(join(folder, "service.sqlite"), join(folder, "copy"));
  await startService();
  await setValue("second");
  expect(await run("read", REFERENCE)).toMatchObject({ out: "second" });
  await stopService();
  copyFileSync(join(folder, "copy"), join(folder, "service.sqlite"));
  await startService();
  await expect.poll(linkState, { interval: 10 }).toBe("reached");
  expect(await run("read", REFERENCE)).toMatchObject({ code: 0, out: "first" });

  const told = `the store of the account service ${origin} was put back from an older copy`;
  const env = { HOME: agent.home, POSTERN_HOME: agent.home, PATH: `${dirname(process.execPath)}:/usr/bin:/bin` };
  const terminal = openTerminal({ ...env, LANG: "C.UTF-8" }, agent.home);
  terminal.type(`node --no-warnings -- ${main} read ${REFERENCE}; echo "<en""ded>"`);
  await terminal.sees("<ended>");
  expect(terminal.screen().replaceAll("\r\n", "")).toContain(told);
  terminal.end();
  const status = await json("status");
  expect(status.links).toEqual([expect.objectContaining({ replaced: { how: "olderCopy", at: expect.any(String) } })]);
  expect((await run("status")).out).toContain("put back from an older copy");
  const proof = { kind: "password" as const, password: PASSWORD };
  const { records } = await person.channel.call("audit.list", { proof });
  expect(records).toContainEqual(expect.objectContaining({ event: "service.replaced", outcome: "olderCopy" }));
}, 30_000);
