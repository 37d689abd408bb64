// Peers can make the agent hold bytes: half lines, and requests that wait for a person. Each connection has its own limit. Here many connections
// together stay within their own limits.
import { afterAll, beforeAll, expect, test } from "vitest";
import { OWN_BYTES, SHARED_BYTES_MAX } from "../../daemon/wire/held-bytes.ts";
import { itemLimits } from "../../protocol/item/item.ts";
import { limits, PROTOCOL } from "../../protocol/limits.ts";
import { makeAccount } from "../agent/person.ts";
import { openRaw, type Raw } from "../agent/raw.ts";
import { type RunningAgent, startAgent } from "../agent/start.ts";
import { residentBytes } from "./resident.ts";

const vaultId = "a".repeat(26);
let agent: RunningAgent;

beforeAll(async () => {
  agent = await startAgent();
  await makeAccount(agent);
});
afterAll(async () => {
  await agent.remove();
});

const status = { jsonrpc: "2.0", id: "status", method: "agent.status" };
const nameOf = (answer: Record<string, unknown> | undefined) =>
  (answer?.error as { data: { name: string } } | undefined)?.data.name ?? "result";

async function greeted(count: number): Promise<Raw[]> {
  const raws = await Promise.all(Array.from({ length: count }, () => openRaw(agent.socket)));
  const client = { name: "test", version: "1" };
  for (const raw of raws) {
    const hello = { jsonrpc: "2.0", id: "hello", method: "agent.hello", params: { protocol: PROTOCOL, client } };
    expect(nameOf(await raw.ask(hello))).toBe("result");
  }
  return raws;
}

/** Connections after which the agent has worked enough for a collection. */
const WORK = 50;

/** Demands that the agent answers a new connection. */
async function demandServed(): Promise<void> {
  const raw = await openRaw(agent.socket);
  expect(nameOf(await raw.ask(status))).toBe("result");
  raw.close();
}

/** A request of about 3 MB that waits for a person. */
function large(id: number, noWait = false): string {
  const note = { vaultId, title: "large", category: "SecureNote", notes: "n".repeat(itemLimits.notes) };
  const params = { vaultId, noWait, items: Array.from({ length: 24 }, () => note) };
  return `${JSON.stringify({ jsonrpc: "2.0", id, method: "items.createAll", params })}\n`;
}

/** Asks until the agent accepts the request. Then the refusal is for want of a person, not for want of room. */
async function demandRoom(): Promise<void> {
  for (;;) {
    const [raw] = (await greeted(1)) as [Raw];
    raw.send(large(1, true));
    const name = nameOf(await raw.next());
    raw.close();
    if (name !== "busy") return expect(name).toBe("approvalRequired");
  }
}

test("half a gigabyte of half lines is not held, and others are served meanwhile", async () => {
  const half = Buffer.alloc(limits.lineBytes, 0x20);
  const raws = await greeted(128);
  const before = residentBytes(agent.process.pid);
  for (const raw of raws) raw.send(half);
  const answers = await Promise.all(
    raws.map(async (raw) => {
      // This ends the line. A peer that could send its whole line learns that the line is no JSON. The agent had refused the others.
      raw.send(" ");
      return raw.next();
    }),
  );
  await demandServed();
  const refused = answers.filter((answer) => nameOf(answer) === "busy").length;
  const room = Math.floor(SHARED_BYTES_MAX / (limits.lineBytes - OWN_BYTES));
  expect(refused).toBeGreaterThanOrEqual(raws.length - 2 * room);
  // The agent holds a line in pieces and, at the line's end, also joined. The collector frees released lines only while the agent works. Without the
  // limit the agent refuses no peer.
  const grown = async () => {
    for (let index = 0; index < WORK; index++) await demandServed();
    return residentBytes(agent.process.pid) - before;
  };
  await expect.poll(grown).toBeLessThan(3 * SHARED_BYTES_MAX);
  for (const raw of raws) raw.close();
  await demandRoom();
});

test("large requests that wait for a person are refused past the limit, and taken again when the others have gone", async () => {
  const raws = await greeted(8);
  const each = Math.ceil((2 * SHARED_BYTES_MAX) / large(1).length / raws.length);
  const first = Promise.race(raws.map((raw) => raw.next()));
  for (const raw of raws) for (let id = 1; id <= each; id++) raw.send(large(id));
  expect(nameOf(await first)).toBe("busy");
  await demandServed();
  for (const raw of raws) raw.close();
  await demandRoom();
});

test("what one connection may hold for itself is left to it when the others have taken all there is", async () => {
  const raws = await greeted(8);
  const first = Promise.race(raws.map((raw) => raw.next()));
  const each = Math.ceil((2 * SHARED_BYTES_MAX) / large(1).length / raws.length);
  for (const raw of raws) for (let id = 1; id <= each; id++) raw.send(large(id));
  await first;
  const own = await openRaw(agent.socket);
  const padded = JSON.stringify(status);
  own.send(`${padded}${" ".repeat(limits.lineBytesBeforeHello - padded.length)}\n`);
  expect(nameOf(await own.next())).toBe("result");
  own.close();
  for (const raw of raws) raw.close();
  await demandRoom();
});
