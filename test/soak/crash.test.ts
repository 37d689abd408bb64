// Kills with kill -9 in the middle of writes. One test kills the agent with its embedded service, the other kills a
// separate service. Afterwards every acknowledged write is there, no envelope is broken, counters agree with rows, the
// audit chain verifies, and the next start works. Writes are in flight all the time. So most kills fall between the
// start of a write and its acknowledgement, and the test counts them.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { Channel } from "../../clients/typescript/channel.ts";
import { attachPerson, PASSWORD, PIN } from "../agent/person.ts";
import { type RunningAgent, startAgent } from "../agent/start.ts";
import { serviceProgram as main } from "../programs.ts";
import { halvesIn } from "../service/whole.ts";

/** POSTERN_TEST_FULL=1 runs a thousand kills. A kill takes a second and a half, so CI runs only this share of them. */
const CI_SHARE = 0.11;
const share = process.env.POSTERN_TEST_FULL === "1" ? 1 : CI_SHARE;
const AGENT_KILLS = Math.round(550 * share);
const SERVICE_KILLS = Math.round(450 * share);
/** Minimum for both tests together. The other kills test what happens outside a write. */
const KILLS_IN_WRITE_MIN = (AGENT_KILLS + SERVICE_KILLS) / 2;
/** Milliseconds for one kill on a busy machine, including the next start and unlock. */
const KILL_MS_MAX = 20_000;
const WRITERS = 4;

let killsInWrite = 0;
let kills = 0;

type Ledger = { readonly acknowledged: Map<string, string>; started: number; pending: number };

/** Writes until the connection ends, and remembers each acknowledged write. */
async function write(channel: Channel, vaultId: string, ledger: Ledger, writer: number): Promise<void> {
  for (let round = 0; channel.isOpen; round++) {
    const value = `${writer}-${ledger.started++}`;
    ledger.pending++;
    try {
      const item = {
        vaultId,
        title: value,
        category: "Password" as const,
        fields: [{ id: "password", title: "password", fieldType: "Concealed" as const, value }],
      };
      const made = await channel.call("items.create", { item });
      ledger.acknowledged.set(made.id, value);
      // A change writes to more than one table, because the store keeps the old version.
      if (round % 3 === 0) {
        const changed = await channel.call("items.put", {
          item: { ...made, fields: made.fields.map((field) => ({ ...field, value: `${value}+` })) },
        });
        ledger.acknowledged.set(changed.id, `${value}+`);
      }
    } catch {
      // The agent was killed, or the service is away. Without an acknowledgement, the write need not survive.
      if (channel.isOpen) await new Promise((resolve) => setImmediate(resolve));
    } finally {
      ledger.pending--;
    }
  }
}

/** Waits for some acknowledged writes and a little longer, so that the kill can fall anywhere. */
async function someWrites(ledger: Ledger): Promise<void> {
  const from = ledger.acknowledged.size;
  const until = performance.now() + 20_000;
  while (ledger.acknowledged.size < from + 3) {
    if (performance.now() > until) throw new Error("no write was acknowledged");
    await new Promise((resolve) => setImmediate(resolve));
  }
  const more = performance.now() + Math.random() * 15;
  while (performance.now() < more) await new Promise((resolve) => setImmediate(resolve));
}

async function unlockAndAllow(agent: RunningAgent): Promise<Channel> {
  const channel = await agent.connect();
  const { state } = await channel.call("agent.status", {});
  if (state === "locked") await channel.call("session.unlock", { password: PASSWORD });
  return channel;
}

/** Demands that every acknowledged write is there and opens. */
async function demandAll(channel: Channel, vaultId: string, ledger: Ledger): Promise<void> {
  const ids = [...ledger.acknowledged.keys()];
  for (let at = 0; at < ids.length; at += 50) {
    const batch = ids.slice(at, at + 50);
    const { outcomes } = await channel.call("items.getAll", { vaultId, itemIds: batch });
    outcomes.forEach((outcome, index) => {
      if ("error" in outcome) throw new Error(`an acknowledged write is gone: ${outcome.error.name}`);
      const owed = ledger.acknowledged.get(batch[index] ?? "");
      const value = outcome.fields[0]?.value;
      // The last change may be in the store although nobody acknowledged it.
      expect([owed, `${owed}+`]).toContain(value);
    });
  }
  // The envelopes of all other items must open too.
  await channel.call("items.list", { vaultId, active: true, archived: true });
}

async function killInWrites(
  ledger: Ledger,
  channel: Channel,
  vaultId: string,
  kill: () => Promise<void>,
): Promise<void> {
  const writers = Array.from({ length: WRITERS }, (_, writer) => write(channel, vaultId, ledger, writer));
  await someWrites(ledger);
  kills++;
  if (ledger.pending > 0) killsInWrite++;
  await kill();
  channel.close();
  await Promise.all(writers);
}

async function verified(channel: Channel): Promise<void> {
  const verdict = await channel.call("audit.verify", { proof: { kind: "password", password: PASSWORD } });
  expect(verdict.problems).toEqual([]);
  expect(verdict.records).toBeGreaterThan(0);
}

test(`the agent, killed ${AGENT_KILLS} times`, { timeout: AGENT_KILLS * KILL_MS_MAX }, async () => {
  let agent = await startAgent();
  const ledger: Ledger = { acknowledged: new Map(), started: 0, pending: 0 };
  let vaultId = "";
  try {
    for (let round = 0; round <= AGENT_KILLS; round++) {
      const channel = await agent.connect();
      if (round === 0)
        await channel.call("accounts.create", { name: "Crash", password: PASSWORD, pin: PIN, approvers: [] });
      else await channel.call("session.unlock", { password: PASSWORD });
      const person = await attachPerson(agent);
      person.always("yes");
      if (round === 0) vaultId = (await channel.call("vaults.create", { title: "Crash" })).id;
      // This call asks for the grant before the writes begin.
      await channel.call("items.list", { vaultId });
      if (round === AGENT_KILLS || round % 20 === 0) {
        await demandAll(channel, vaultId, ledger);
        await verified(channel);
      }
      if (round < AGENT_KILLS) {
        await killInWrites(ledger, channel, vaultId, () => agent.end("SIGKILL"));
        agent = await agent.restart();
      }
    }
    await agent.end();
    expect(halvesIn(join(agent.home, "data", "service.sqlite"))).toEqual([]);
    expect(ledger.acknowledged.size).toBeGreaterThan(AGENT_KILLS);
  } finally {
    await agent.remove();
  }
});

test(`a service of its own, killed ${SERVICE_KILLS} times under a running agent`, {
  timeout: SERVICE_KILLS * KILL_MS_MAX,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), "postern-crash-"));
  let service = await startService(folder, 0);
  const agent = await startAgent();
  const ledger: Ledger = { acknowledged: new Map(), started: 0, pending: 0 };
  try {
    const first = await agent.connect();
    await first.call("accounts.create", {
      name: "Crash",
      password: PASSWORD,
      pin: PIN,
      approvers: [],
      service: service.url,
      registrationToken: service.token,
    });
    const person = await attachPerson(agent);
    person.always("yes");
    const { id: vaultId } = await first.call("vaults.create", { title: "Crash" });
    await first.call("items.list", { vaultId });
    for (let round = 0; round < SERVICE_KILLS; round++) {
      const channel = await unlockAndAllow(agent);
      await killInWrites(ledger, channel, vaultId, () => ended(service.child, "SIGKILL"));
      service = await startService(folder, service.port);
    }
    await demandAll(first, vaultId, ledger);
    await verified(first);
    await ended(service.child, "SIGTERM");
    expect(halvesIn(join(folder, "service.sqlite"))).toEqual([]);
    expect(ledger.acknowledged.size).toBeGreaterThan(SERVICE_KILLS);
  } finally {
    service.child.kill("SIGKILL");
    await agent.remove();
    rmSync(folder, { recursive: true, force: true });
  }
});

afterAll(() => {
  process.stdout.write(`${kills} kills, ${killsInWrite} of them between a write's start and its acknowledgement\n`);
  expect(kills).toBe(AGENT_KILLS + SERVICE_KILLS);
  expect(killsInWrite).toBeGreaterThanOrEqual(KILLS_IN_WRITE_MIN);
});

type Service = { readonly child: ChildProcess; readonly url: string; readonly port: number; readonly token: string };

async function startService(folder: string, port: number): Promise<Service> {
  const child = spawn(process.execPath, ["--no-warnings", main, "--data", folder, "--port", String(port)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const facts = await new Promise<{ listening: string; registrationToken?: string }>((resolve, reject) => {
    child.once("exit", () => reject(new Error("the service did not start")));
    child.stdout?.once("data", (line: Buffer) => resolve(JSON.parse(line.toString()) as { listening: string }));
  });
  return {
    child,
    url: facts.listening,
    port: Number(new URL(facts.listening).port),
    token: facts.registrationToken ?? "",
  };
}

function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const end = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.kill(signal);
  return end;
}
