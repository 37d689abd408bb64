// Kills the agent with kill -9 in the middle of `postern restore`, more than once. Then runs the same command again: in the same home after the next
// start, and in another home at the same service. Afterwards the account equals the one that an undisturbed restore makes, and it is unlocked.
// Meanwhile nobody can sign in to it. Once the account is whole, no restore takes it.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, expect, test } from "vitest";
import { kitText, parseKit, readKit } from "../../clients/cli/agent/kit.ts";
import { exitCodes } from "../../clients/cli/terminal/exit-code.ts";
import { attachPerson, makeAccount, PASSWORD, PIN } from "../agent/person.ts";
import { type RunningAgent, startAgent } from "../agent/start.ts";
import { postern, type Ran } from "../cli/postern.ts";
import { overLoopback } from "../service/doors.ts";
import { halvesIn } from "../service/whole.ts";

const ITEMS = 400;
const BATCH = 100;
const CHUNK_BYTES = 1024 * 1024;
/** Items that each run makes before the kill. */
const KILLS = [0, 20, 20, 150];
/** Milliseconds after which a restore without progress fails the test. */
const MOVING_MS_MAX = 60_000;

/** Milliseconds between two looks. The restore makes a few items in this time. */
const LOOK_MS = 5;

const files = mkdtempSync(join(tmpdir(), "postern-kr-"));
const backup = join(files, "ada.backup");
const kit = join(files, "kit.txt");
const running = new Set<RunningAgent>();
let undisturbed: unknown;

async function started(home?: string): Promise<RunningAgent> {
  const agent = await startAgent(home);
  running.add(agent);
  return agent;
}

beforeAll(async () => {
  const agent = await started();
  writeFileSync(kit, kitText(await makeAccount(agent)));
  const person = await attachPerson(agent);
  person.always("yes");
  const { id: vaultId } = await person.channel.call("vaults.create", { title: "Demo" });
  for (let from = 0; from < ITEMS; from += BATCH) {
    const items = Array.from({ length: BATCH }, (_, index) => ({
      vaultId,
      title: `Item ${from + index}`,
      category: "Password" as const,
      fields: [
        { id: "password", title: "password", fieldType: "Concealed" as const, value: `secret of ${from + index}` },
      ],
    }));
    await person.channel.call("items.createAll", { vaultId, items });
  }
  const made = await postern(["backup", backup, "--password-fd", "3"], { home: agent.home, secrets: [PASSWORD] });
  expect(made).toMatchObject({ code: exitCodes.ok });
  await agent.remove();

  const whole = await started();
  expect(await restore(whole)).toMatchObject({ code: exitCodes.ok });
  undisturbed = await everything(whole);
}, 120_000);

afterAll(async () => {
  for (const agent of running) await agent.remove();
  rmSync(files, { recursive: true, force: true });
});

type Where = { readonly service?: string; readonly token?: string | undefined };

function restore({ home }: RunningAgent, { service, token }: Where = {}): Promise<Ran> {
  const words = ["restore", backup, "--kit", kit, "--password-fd", "3"];
  if (service !== undefined) words.push("--service", service);
  if (token !== undefined) words.push("--registration-token-fd", "4");
  return postern(words, { home, secrets: [PASSWORD, ...(token === undefined ? [] : [token])] });
}

/** Every command that normally tells how to make or bring an account must name the restore. */
async function expectRestoreNamed({ home }: RunningAgent): Promise<void> {
  const named = expect.stringContaining("postern restore FILE --kit KIT");
  const run = (words: string) => postern(words.split(" "), { home, secrets: [PASSWORD] });
  expect(await run("status")).toMatchObject({ code: exitCodes.ok, out: named });
  expect(await run(`init --name New --kit ${join(files, "new.txt")} --no-pin --password-fd 3`)).toMatchObject({
    code: exitCodes.conflict,
    err: named,
  });
  expect(existsSync(join(files, "new.txt"))).toBe(false);
  for (const words of ["unlock --password-fd 3", "vault list", "signout --yes --password-fd 3", "kit --password-fd 3"])
    expect(await run(words)).toMatchObject({ code: exitCodes.locked, err: named });
}

function signIn({ home }: RunningAgent): Promise<Ran> {
  return postern(["signin", "--kit", kit, "--no-pin", "--password-fd", "3"], { home, secrets: [PASSWORD] });
}

async function devicesOf(agent: RunningAgent): Promise<object[]> {
  const channel = await agent.connect();
  const { devices } = await channel.call("devices.list", { password: PASSWORD });
  channel.close();
  return devices;
}

/** Number of items in the store, or -1 while it has no account. Does not open a store that is being created, because a reader would delay it. */
function itemsIn(path: string): number {
  if (!existsSync(`${path}-wal`)) return -1;
  try {
    const database = new DatabaseSync(path, { readOnly: true });
    try {
      const made = database.prepare("SELECT (SELECT count(*) FROM accounts) AS a, (SELECT count(*) FROM items) AS i");
      const { a, i } = made.get() as { a: number; i: number };
      return a === 0 ? -1 : i;
    } finally {
      database.close();
    }
  } catch {
    return -1;
  }
}

/** Runs the restore, and kills the agent once it has made this many more items. */
async function killedAfter(more: number, agent: RunningAgent, store: string, where: Where = {}): Promise<void> {
  const items = Math.max(0, itemsIn(store)) + more;
  const ran = restore(agent, where);
  await expect.poll(() => itemsIn(store), { interval: LOOK_MS, timeout: MOVING_MS_MAX }).toBeGreaterThanOrEqual(items);
  await agent.end("SIGKILL");
  expect(await ran).toMatchObject({ code: exitCodes.unreachable, err: expect.stringContaining("same command again") });
  expect(itemsIn(store)).toBeLessThan(ITEMS);
}

/** The whole content of the account without the times, read through a person's approval. */
async function everything(agent: RunningAgent): Promise<unknown> {
  const channel = await agent.connect();
  expect(await channel.call("agent.status", {})).toMatchObject({ state: "unlocked" });
  await channel.call("accounts.setPin", { password: PASSWORD, pin: PIN });
  const person = await attachPerson(agent);
  person.always("yes");
  const { vaults } = await channel.call("vaults.list", {});
  const opened = [];
  for (const { createdAt: _createdAt, updatedAt: _updatedAt, ...vault } of vaults) {
    const { items } = await channel.call("items.list", { vaultId: vault.id, active: true, archived: true });
    const values = [];
    for (let at = 0; at < items.length; at += 50) {
      const itemIds = items.slice(at, at + 50).map(({ id }) => id);
      const { outcomes } = await channel.call("items.getAll", { vaultId: vault.id, itemIds });
      for (const { createdAt: _made, updatedAt: _changed, ...item } of outcomes as { [key: string]: unknown }[])
        values.push(item);
    }
    opened.push({ ...vault, items: values });
  }
  person.leave();
  channel.close();
  return opened;
}

test("killed again and again, a restore goes on in the same home and ends whole", { timeout: 240_000 }, async () => {
  let agent = await started();
  const store = join(agent.home, "data", "service.sqlite");
  for (const more of KILLS) {
    await killedAfter(more, agent, store);
    running.delete(agent);
    agent = await started(agent.home);
    expect(halvesIn(store)).toEqual([]);
    const status = await postern(["status", "--json"], { home: agent.home });
    expect(JSON.parse(status.out)).toMatchObject({ state: "signedOut" });
    expect(await signIn(agent)).toMatchObject({
      code: exitCodes.conflict,
      err: expect.stringMatching(/is being restored[\s\S]*postern restore FILE --kit KIT/),
    });
  }
  await expectRestoreNamed(agent);
  expect(await restore(agent)).toMatchObject({ code: exitCodes.ok, out: expect.stringContaining("Ada is back") });
  expect((await postern(["status", "--json"], { home: agent.home })).out).not.toContain("unfinishedRestore");
  expect(await devicesOf(agent)).toHaveLength(1);
  expect(await everything(agent)).toEqual(undisturbed);
});

test("killed, a restore at a service goes on from another home; a whole account is refused", async () => {
  const door = await overLoopback();
  const where = { service: door.address.origin, token: door.registrationToken };
  const store = join(door.folder, "service.sqlite");
  const first = await started();
  const untold = await restore(first, { service: where.service });
  expect(untold).toMatchObject({ code: exitCodes.denied, err: expect.stringContaining("--registration-token-fd 3") });
  await killedAfter(120, first, store, where);
  const second = await started();
  // The first restore used the service's registration token. The next one needs no token.
  expect(await restore(second, { service: where.service })).toMatchObject({ code: exitCodes.ok });
  expect(await everything(second)).toEqual(undisturbed);
  const third = await started();
  expect(await restore(third, where)).toMatchObject({
    code: exitCodes.conflict,
    err: expect.stringMatching(/is not being restored[\s\S]*postern signin --kit/),
  });
  expect(await devicesOf(second)).toHaveLength(1);
  await door.close();
}, 240_000);

test("asked for twice at once, one has the account and the other is told of it", async () => {
  const agent = await started();
  const content = readFileSync(backup);
  const { secretKey } = parseKit(readKit(kit));
  const asking = [];
  for (let each = 0; each < 2; each++) {
    const channel = await agent.connect();
    const { handle } = await channel.call("accounts.openRestore", {});
    for (let at = 0; at < content.length; at += CHUNK_BYTES) {
      const chunk = content.subarray(at, at + CHUNK_BYTES).toString("base64");
      await channel.call("files.writeChunk", { handle, content: chunk });
    }
    asking.push(() => channel.call("accounts.restore", { handle, password: PASSWORD, secretKey }));
  }
  const outcomes = await Promise.allSettled(asking.map((ask) => ask()));
  // Either restore may come first. The later one takes over, or the service or this agent refuses it because the account is whole.
  expect(outcomes.sort((a, b) => a.status.localeCompare(b.status))).toMatchObject([
    { status: "fulfilled", value: { name: "Ada" } },
    { status: "rejected", reason: { errorName: expect.stringMatching(/^(conflict|accountExists)$/) } },
  ]);
  expect(await devicesOf(agent)).toHaveLength(1);
  expect(await everything(agent)).toEqual(undisturbed);
}, 120_000);
