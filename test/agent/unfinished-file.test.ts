// An uncommitted file of a program leaves nothing at the service, however the program ended.
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Channel } from "../../clients/typescript/channel.ts";
import { HANDLES_MAX } from "../../daemon/transfer/handles.ts";
import { type InProcess, inProcess } from "../service/doors.ts";
import { type InProcessAgent, passing, startInProcess } from "./in-process.ts";
import { attachPerson, makeAccount, type Person } from "./person.ts";

let agent: InProcessAgent;
let service: InProcess;
/** This operation cannot reach the service just now. */
let cut: string | undefined;
let person: Person;
let vaultId: string;
let channel: Channel;

beforeEach(async () => {
  service = await inProcess();
  const fetch: typeof service.address.fetch = async (request) => {
    if (cut !== undefined && request.url.endsWith(cut)) throw new TypeError("fetch failed");
    return service.address.fetch(request);
  };
  agent = await startInProcess(undefined, { ...service, address: { ...service.address, fetch } });
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
  await service.close();
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

test("a file whose commit failed once is whole after the second", async () => {
  const handle = await begun();
  await channel.call("files.writeChunk", { handle, content: Buffer.alloc(1, 7).toString("base64") });
  cut = "items.put";
  await expect(passing(agent, channel.call("files.commit", { handle }))).rejects.toMatchObject({
    errorName: "offline",
  });
  cut = undefined;
  const { id, document } = await passing(agent, channel.call("files.commit", { handle }));
  const opening = channel.call("files.openRead", { vaultId, itemId: id, fileId: document?.id ?? "" });
  const read = await passing(agent, opening);
  expect((await channel.call("files.readChunk", { handle: read.handle })).last).toBe(false);
  expect(await channel.call("files.readChunk", { handle: read.handle })).toEqual({ content: "Bw==", last: true });
});

test("files that are closed before their end make room for others, and the service keeps nothing of them", async () => {
  for (let count = 0; count <= HANDLES_MAX; count++) {
    await channel.call("files.close", { handle: await begun() });
    await expect.poll(chunks, { interval: 1 }).toBe(0);
  }
});
