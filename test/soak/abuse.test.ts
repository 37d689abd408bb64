// Hostile and broken peers. Whatever they do, the agent's memory stays within bounds and other peers get answers.
import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createClient, DesktopAuth } from "../../clients/typescript/client.ts";
import { attachPerson, makeAccount, PASSWORD, type Person } from "../agent/person.ts";
import { openRaw, type Raw } from "../agent/raw.ts";
import { type RunningAgent, startAgent } from "../agent/start.ts";
import { demandGivenBack, MiB, residentBytes } from "./resident.ts";

let agent: RunningAgent;
let person: Person;

const status = (id: unknown) => `${JSON.stringify({ jsonrpc: "2.0", id, method: "agent.status" })}\n`;

/** Demands that the agent answers a new connection. */
async function served(): Promise<void> {
  const raw = await openRaw(agent.socket);
  expect((await raw.ask(JSON.parse(status("served")))).result).toBeDefined();
  raw.close();
}

beforeAll(async () => {
  agent = await startAgent();
  await makeAccount(agent);
  person = await attachPerson(agent);
});
afterAll(async () => {
  await agent.remove();
});

test("ten thousand random byte strings leave the agent serving, within 20 MB of its memory before", async () => {
  // Warm up first, since compiled code and filled pools are not a leak.
  for (let round = 0; round < 10; round++) await noise(100);
  const before = residentBytes(agent.process.pid);
  for (let round = 0; round < 100; round++) await noise(100);
  await served();
  await demandGivenBack(agent.process.pid, before, 20 * MiB);
});

/** Sends random bytes as lines over one connection, and reads all answers. */
async function noise(count: number): Promise<void> {
  const raw = await openRaw(agent.socket);
  for (let index = 0; index < count; index++) {
    const bytes = randomBytes(1 + Math.floor(Math.random() * 300)).filter((byte) => byte !== 0x0a);
    raw.send(Buffer.concat([bytes, Buffer.from("\n")]));
    expect(await raw.next()).toHaveProperty("error");
  }
  raw.close();
}

test("two hundred connections, silent, slow and with half lines, delay nobody", async () => {
  const raws = await Promise.all(Array.from({ length: 200 }, () => openRaw(agent.socket)));
  for (const [index, raw] of raws.entries()) if (index % 2 === 0) raw.send('{"jsonrpc":"2.0","id":1,"meth');
  await served();
  for (const [index, raw] of raws.entries()) if (index % 2 === 0) raw.send('od":"agent.status"}\n');
  for (const [index, raw] of raws.entries()) if (index % 2 === 0) expect((await raw.next())?.id).toBe(1);
  for (const raw of raws) raw.close();
  await served();
});

test("a peer that never reads is paused, then closed, and memory stays within 20 MB", async () => {
  const before = residentBytes(agent.process.pid);
  const raw = await openRaw(agent.socket);
  raw.socket.pause();
  let closed = false;
  raw.socket.on("close", () => {
    closed = true;
  });
  const line = status(1).repeat(200);
  // The kernel and the agent buffer only so much. A write that does not drain means that the agent stopped reading.
  for (let sent = 0; sent < 64 * MiB && !closed; sent += line.length) {
    if (!raw.socket.write(line)) break;
    await new Promise((resolve) => setImmediate(resolve));
  }
  await served();
  await demandGivenBack(agent.process.pid, before, 20 * MiB);
  raw.close();
});

test("a thousand requests of one process over twenty connections, for one scope, make one prompt", async () => {
  const raws = await Promise.all(Array.from({ length: 20 }, () => openRaw(agent.socket)));
  const opened = person.next();
  const request = (id: number) => `${JSON.stringify({ jsonrpc: "2.0", id, method: "vaults.list" })}\n`;
  for (const raw of raws) raw.send(Array.from({ length: 50 }, (_, index) => request(index)).join(""));
  const prompt = await opened;
  await allWait(prompt.code, 1000);
  const before = person.seen.length;
  await person.yes(prompt);
  for (const raw of raws) {
    for (let index = 0; index < 50; index++) expect((await raw.next())?.result).toBeDefined();
    raw.close();
  }
  expect(person.seen.length).toBe(before);
});

/** Waits until the prompt has this many waiters. */
async function allWait(code: string, waiters: number): Promise<void> {
  for (;;) {
    const { prompts } = await person.channel.call("prompts.list", {
      code,
      proof: { kind: "password", password: PASSWORD },
    });
    if (prompts[0]?.waiters === waiters) return;
  }
}

test("a prompt left open does not delay fifty other resolves", async () => {
  const writer = await createClient({ auth: new DesktopAuth(), socket: agent.socket });
  person.always("yes");
  const { id: vaultId } = await writer.vaults.create({ title: "Demo" });
  await writer.items.create({
    vaultId,
    title: "DB",
    category: "Password",
    fields: [{ id: "password", title: "password", fieldType: "Concealed", value: "v" }],
  });
  await writer.secrets.resolve("op://Demo/DB/password");
  person.always("ignore");
  const left = writer.call("grants.list", { ask: true });
  left.catch(() => undefined);
  await person.next();
  for (let index = 0; index < 50; index++) expect(await writer.secrets.resolve("op://Demo/DB/password")).toBe("v");
  const { prompts } = await person.channel.call("prompts.list", { proof: { kind: "password", password: PASSWORD } });
  expect(prompts).toHaveLength(1);
  writer.close();
});

test("SIGUSR1 under load opens no port and changes nothing", async () => {
  const raws: Raw[] = await Promise.all(Array.from({ length: 8 }, () => openRaw(agent.socket)));
  const load = raws.map(async (raw) => {
    for (let index = 0; index < 500; index++) await raw.ask(JSON.parse(status(index)));
  });
  for (let signals = 0; signals < 5; signals++) process.kill(agent.process.pid ?? 0, "SIGUSR1");
  await Promise.all(load);
  for (const raw of raws) raw.close();
  expect(agent.log()).not.toContain("Debugger");
  expect(listeningPorts(agent.process.pid ?? 0)).toEqual([]);
  await served();
});

/** Inodes of the TCP sockets on which the process listens. */
function listeningPorts(pid: number): string[] {
  const own = new Set(socketsOf(pid));
  return ["tcp", "tcp6"].flatMap((table) =>
    readFileSync(`/proc/net/${table}`, "utf8")
      .split("\n")
      .map((line) => line.trim().split(/\s+/))
      .filter((columns) => columns[3] === "0A" && own.has(columns[9] ?? ""))
      .map((columns) => columns[1] ?? ""),
  );
}

function socketsOf(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? [];
    } catch {
      // The socket closed between the listing and this read.
      return [];
    }
  });
}
