// A request that only opened a file, or waits for a person, does not hold a large item. Otherwise a hundred small requests for three
// megabytes each could end the agent.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Channel } from "../../clients/typescript/channel.ts";
import { CHUNKS_AT_ONCE } from "../../daemon/methods/files.ts";
import { HANDLES_MAX } from "../../daemon/transfer/handles.ts";
import { type InProcess, inProcess } from "../service/doors.ts";
import { type InProcessAgent, passing, startInProcess } from "./in-process.ts";
import { attachPerson, makeAccount, PASSWORD, type Person } from "./person.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

const MiB = 1024 * 1024;
const FIELDS = 3;
const FIELD_CHARACTERS = 512 * 1024;
const CONNECTIONS = 2;
/** Bytes that the requests may leave behind: a small part of the sum if each held the item. */
const HELD_BYTES_MAX = 8 * MiB;

let door: InProcess;
/** Answers to a search for items by their title. */
let finds = 0;
/** Requests for chunks at the service: now, and at most so far. */
const chunksNow = new Set<Request>();
let chunksAtOnce = 0;
let agent: InProcessAgent;
let person: Person;
let place: { vaultId: string; itemId: string };
let fileId: string;
const channels: Channel[] = [];

beforeAll(async () => {
  door = await inProcess();
  const fetch: InProcess["address"]["fetch"] = async (request) => {
    const isChunk = request.url.endsWith("/files.getChunk");
    if (isChunk) chunksNow.add(request);
    chunksAtOnce = Math.max(chunksAtOnce, chunksNow.size);
    // A remote service is slow.
    if (isChunk) await new Promise((resolve) => setImmediate(resolve));
    const answer = await door.address.fetch(request);
    chunksNow.delete(request);
    if (request.url.endsWith("/items.find")) finds++;
    return answer;
  };
  agent = await startInProcess(undefined, { ...door, address: { ...door.address, fetch } });
  await passing(agent, makeAccount(agent));
  person = await passing(agent, attachPerson(agent));
  person.always("yes");
  const call = person.channel.call;
  const { id: vaultId } = await passing(agent, call("vaults.create", { title: "Demo" }));
  const fields = Array.from({ length: FIELDS }, (_, index) => ({
    ...{ id: `f${index}`, title: `f${index}`, sectionId: "", fieldType: "Text" as const },
    value: String(index).repeat(FIELD_CHARACTERS),
  }));
  const files = [{ name: "a.txt", content: "YWJj", sectionId: "", fieldId: "file" }];
  const item = { vaultId, title: "Large", category: "Login" as const, fields, files };
  const made = await passing(agent, call("items.create", { item }));
  place = { vaultId, itemId: made.id };
  fileId = made.files[0]?.attributes.id ?? "";
  for (let opened = 0; opened < CONNECTIONS; opened++) channels.push(await agent.connect());
});
afterAll(async () => {
  for (const channel of channels) channel.close();
  person.leave();
  await agent.close();
  await door.close();
});

async function held(): Promise<number> {
  // The first collection runs finalizers. The second one collects what they freed.
  for (let turn = 0; turn < 3; turn++) {
    await new Promise((resolve) => setImmediate(resolve));
    collect();
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

const many = CONNECTIONS * HANDLES_MAX;
const itemBytes = FIELDS * FIELD_CHARACTERS;

test("open files of a large item hold no item", async () => {
  expect(many * itemBytes).toBeGreaterThan(5 * HELD_BYTES_MAX);
  const before = await held();
  for (const channel of channels)
    for (let opened = 0; opened < HANDLES_MAX; opened++) {
      const { size } = await passing(agent, channel.call("files.openRead", { ...place, fileId }));
      expect(size).toBe(3);
    }
  const refused = channels[0]?.call("files.openRead", { ...place, fileId });
  await expect(passing(agent, refused as Promise<unknown>)).rejects.toMatchObject({ errorName: "busy" });
  expect((await held()) - before).toBeLessThan(HELD_BYTES_MAX);
});

test("of chunks asked for at once a few are on their way, and each is answered", async () => {
  const reader = await agent.connect();
  const handles = await Promise.all(
    Array.from({ length: 3 * CHUNKS_AT_ONCE }, () =>
      passing(agent, reader.call("files.openRead", { ...place, fileId })),
    ),
  );
  const read = handles.map(({ handle }) => reader.call("files.readChunk", { handle }));
  const chunks = await passing(agent, Promise.all(read));
  expect(chunks.map(({ content, last }) => [content, last])).toEqual(handles.map(() => ["YWJj", true]));
  expect(chunksAtOnce).toBe(CHUNKS_AT_ONCE);
  reader.close();
});

test("files that are being attached to a large item hold no item", async () => {
  const before = await held();
  const writing: Channel[] = [];
  for (let opened = 0; opened < CONNECTIONS; opened++) writing.push(await agent.connect());
  for (const [at, channel] of writing.entries())
    for (let opened = 0; opened < HANDLES_MAX; opened++) {
      const file = { version: 1, name: "b", size: 3, sectionId: "", fieldId: `w${at}-${opened}` };
      await passing(agent, channel.call("files.openWrite", { ...place, ...file }));
    }
  expect((await held()) - before).toBeLessThan(HELD_BYTES_MAX);
  for (const channel of writing) channel.close();
});

/** Until the one open question has so many waiting requests. */
async function waiting(many: number): Promise<void> {
  for (let seen = 0; seen !== many; ) {
    const { prompts } = await person.channel.call("prompts.list", {});
    seen = prompts[0]?.waiters ?? 0;
  }
}

/** Enough requests to show a difference. A connection may have six times as many in flight. */
const WAITING = 40;

test("requests that wait for a person hold no item, and look for none", async () => {
  // A lock ends the grants.
  await passing(agent, person.channel.call("session.lock", {}));
  await passing(agent, person.channel.call("session.unlock", { password: PASSWORD }));
  person.leave();
  person = await passing(agent, attachPerson(agent));
  const asker = await agent.connect();
  const before = await held();
  const shown = person.next();
  const outcomes: Promise<string>[] = [];
  for (let asked = 0; asked < WAITING; asked++) {
    const reference = "op://Demo/Large/f0";
    const outcome = asker.call("secrets.resolve", { reference }).then(
      () => "answered",
      (error: { errorName: string }) => error.errorName,
    );
    outcomes.push(outcome);
  }
  const findsBefore = finds;
  await passing(agent, shown);
  await passing(agent, waiting(WAITING));
  expect(WAITING * itemBytes).toBeGreaterThan(5 * HELD_BYTES_MAX);
  expect((await held()) - before).toBeLessThan(HELD_BYTES_MAX);
  // The question is looked up once, for the approver: the item, and those that a person would call by the same name.
  expect(finds - findsBefore).toBe(2);
  await person.no(person.seen[0] as Person["seen"][number]);
  expect(new Set(await passing(agent, Promise.all(outcomes)))).toEqual(new Set(["approvalDenied"]));
  asker.close();
});
