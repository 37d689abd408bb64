// A file that a program began to write and did not commit leaves nothing at the service, however it ended.
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Channel } from "../../clients/typescript/channel.ts";
import { type InProcessAgent, passing, startInProcess } from "./in-process.ts";
import { attachPerson, makeAccount, type Person } from "./person.ts";

let agent: InProcessAgent;
let person: Person;
let vaultId: string;
let channel: Channel;

beforeEach(async () => {
  agent = await startInProcess();
  await passing(agent, makeAccount(agent));
  person = await passing(agent, attachPerson(agent));
  person.always("yes");
  channel = await agent.connect();
  ({ id: vaultId } = await passing(agent, channel.call("vaults.create", { title: "Files" })));
});
afterEach(async () => {
  channel.close();
  person.leave();
  await agent.close();
});

const chunks = async () => (await agent.service.store.db.selectFrom("file_chunks").select("idx").execute()).length;

/** Begins a file of two chunks and writes the first. */
async function begun(): Promise<string> {
  const size = 1024 * 1024 + 1;
  const opening = channel.call("files.openWrite", { vaultId, title: "Large", name: "large.bin", size });
  const { handle } = await passing(agent, opening);
  await channel.call("files.writeChunk", { handle, content: Buffer.alloc(size - 1).toString("base64") });
  expect(await chunks()).toBe(1);
  return handle;
}

test("nothing is left where the program's connection ends", async () => {
  await begun();
  channel.close();
  await expect.poll(chunks, { interval: 1 }).toBe(0);
});

test("nothing is left where the account is locked", async () => {
  await begun();
  await person.channel.call("session.lock", {});
  await expect.poll(chunks, { interval: 1 }).toBe(0);
});

test("a file that was committed stays whole", async () => {
  const handle = await begun();
  await channel.call("files.writeChunk", { handle, content: Buffer.alloc(1).toString("base64") });
  const { id, document } = await channel.call("files.commit", { handle });
  channel.close();
  channel = await agent.connect();
  const reading = channel.call("files.openRead", { vaultId, itemId: id, fileId: document?.id ?? "" });
  const read = await passing(agent, reading);
  expect(read.size).toBe(1024 * 1024 + 1);
  expect(await chunks()).toBe(2);
});
