// What is left of values and proofs in the agent's memory once it is locked. Before the lock they are there, which shows that the search finds them.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Channel } from "../../clients/typescript/channel.ts";
import { PROTOCOL } from "../../clients/typescript/generated-limits.ts";
import { enter, openPage, wayOf } from "./page-client.ts";
import { foundInMemory, mayLookIntoMemory } from "./process-memory.ts";
import { openSdk, type SdkProgram } from "./sdk-raw.ts";
import { type RunningAgent, startAgent } from "./start.ts";

const VALUE = "zq7-harpoon-lattice-9931";
const NOTES = "zq7-notes-of-the-lighthouse";
const PIN = "zq7pin4418";
const WRONG_PIN = "zq7pin5529";
const PASSWORD = "zq7 seven quiet harbours";
const SECRETS = { VALUE, NOTES, PIN, WRONG_PIN, PASSWORD };

/** Letters of a field's value. It may have 64 KiB, and a letter three bytes. */
const FIELD_LETTERS = 10_000;

/** A part of a file, whose length lets it look the same in base64 wherever it stands. */
const FILE = "zq7-part-of-a-file-";
const inNumbers = (text: string) => [...Buffer.from(text)].join(",");
/** As the official SDKs' door sends it. */
const FILE_IN_NUMBERS = inNumbers(inNumbers(FILE));
const VALUE_IN_NUMBERS = inNumbers(VALUE);
const FILE_IN_BASE64 = Buffer.from(FILE.repeat(3)).toString("base64");

/** A short file, one of some pages, and one that takes more than one buffer of a socket. */
const FILE_TIMES = [6, 600, 9_000];

/** Milliseconds for sixty calls with long texts, and two searches. */
const LONG_MS_MAX = 60_000;

/** Milliseconds for the collection that follows a lock. A busy machine needs some. */
const COLLECTED_MS_MAX = 10_000;

describe.skipIf(!mayLookIntoMemory)("the agent's memory (only root can look)", () => {
  let agent: RunningAgent;

  beforeAll(async () => {
    agent = await startAgent();
  });
  afterAll(() => agent?.remove());

  const left = () => foundInMemory(agent.process.pid ?? 0, SECRETS);

  const lockAll = async () => {
    const channel = await agent.connect();
    await channel.call("session.lock", {});
    channel.close();
  };

  test("holds no value and no proof after a lock, of fifty programs that read", async () => {
    const person = await agent.connect();
    await person.call("accounts.create", { name: "Ada", password: PASSWORD, pin: PIN, approvers: [] });
    await answering(person);
    await makeItem(person);
    await Promise.all(Array.from({ length: 50 }, () => readOnce(agent)));
    expect(left()).toEqual(expect.arrayContaining(["VALUE", "PIN"]));
    await lockAll();
    await expect.poll(left, { timeout: COLLECTED_MS_MAX }).toEqual([]);
    person.close();
  });

  test("holds none of an unlock, of whole items and of a batch after the next lock", async () => {
    const person = await agent.connect();
    await expect(person.call("session.unlock", { password: `${PASSWORD} no` })).rejects.toThrow();
    await person.call("session.unlock", { password: PASSWORD });
    await answering(person);
    const { vaults } = await person.call("vaults.list", {});
    const vault = vaults[0]?.id ?? "";
    const { items } = await person.call("items.list", { vaultId: vault });
    await person.call("items.getAll", { vaultId: vault, itemIds: items.map(({ id }) => id) });
    expect(left()).toEqual(expect.arrayContaining(["NOTES"]));
    await lockAll();
    await expect.poll(left, { timeout: COLLECTED_MS_MAX }).toEqual([]);
    person.close();
  });

  test("holds none of long texts after the next lock, in whatever letters", { timeout: LONG_MS_MAX }, async () => {
    const person = await agent.connect();
    await person.call("session.unlock", { password: PASSWORD });
    await answering(person);
    const { vaults } = await person.call("vaults.list", {});
    const vaultId = vaults[0]?.id ?? "";
    await longTexts(person, vaultId);
    const leftOfThem = () => foundInMemory(agent.process.pid ?? 0, LONG);
    expect(leftOfThem()).toEqual(Object.keys(LONG));
    await lockAll();
    await expect.poll(leftOfThem, { timeout: COLLECTED_MS_MAX }).toEqual([]);
    person.close();
  });

  test("holds no file, and nothing that an official SDK read, after the next lock", {
    timeout: LONG_MS_MAX,
  }, async () => {
    const person = await agent.connect();
    await person.call("session.unlock", { password: PASSWORD });
    await answering(person);
    const { vaults } = await person.call("vaults.list", {});
    const vaultId = vaults[0]?.id ?? "";
    const program = await openSdk(agent.socket);
    const client = await program.init();
    await readBySdk(program, client, await keepFiles(person, vaultId));
    const leftOfFiles = () =>
      foundInMemory(agent.process.pid ?? 0, { FILE, FILE_IN_BASE64, FILE_IN_NUMBERS, VALUE, NOTES, VALUE_IN_NUMBERS });
    expect(leftOfFiles()).toEqual(expect.arrayContaining(["FILE_IN_BASE64", "FILE_IN_NUMBERS", "VALUE_IN_NUMBERS"]));
    await lockAll();
    await expect.poll(leftOfFiles, { timeout: COLLECTED_MS_MAX }).toEqual([]);
    program.close();
    person.close();
  });

  test("holds none of a page's password and of what it read after the next lock", async () => {
    const channel = await agent.connect();
    const way = wayOf((await channel.call("app.open", {})).file);
    channel.close();
    const page = await openPage(way, await enter(way));
    await page.call("agent.hello", { protocol: PROTOCOL, client: { name: "page", version: "1" } });
    await page.call("session.unlock", { password: PASSWORD });
    expect(left()).toEqual(expect.arrayContaining(["PASSWORD"]));
    await lockAll();
    await expect.poll(left, { timeout: COLLECTED_MS_MAX }).toEqual([]);
    page.leave();
  });
});

/** Answers every question by the PIN, the first one after a wrong PIN. */
async function answering(person: Channel): Promise<void> {
  let isFirst = true;
  person.onNotification((method, params) => {
    if (method !== "prompt.opened" || params.text === undefined) return;
    const { code, hash } = params as { code: string; hash: string };
    const yes = (pin: string) =>
      person.call("prompts.answer", { code, answer: "yes", hash, proof: { kind: "pin", pin } }).catch(() => undefined);
    const wrong = isFirst ? yes(WRONG_PIN) : undefined;
    isFirst = false;
    Promise.resolve(wrong).then(() => yes(PIN));
  });
  await person.call("prompts.attach", { proof: { kind: "password", password: PASSWORD } });
}

/** A letter of one byte, one that V8 keeps in one byte and UTF-8 in two, and one of two bytes and three. */
const LETTERS = ["l", "ü", "日"];

/** Characters. Short texts, long ones, and those around the sizes that Node and the C library treat apart (1 kB, 16 kB, 128 kB). */
const LENGTHS = [20, 300, 2_000, 10_000, 40_000];

/** Begins each long text. */
const LONG = { value: "zq7-long-value", notes: "zq7-long-notes", changed: "zq7-long-changed" };

/** Writes, changes and reads items with such texts. */
async function longTexts(person: Channel, vaultId: string): Promise<void> {
  const ids: string[] = [];
  for (const letter of LETTERS)
    for (const length of LENGTHS) {
      const value = LONG.value + letter.repeat(Math.min(length, FIELD_LETTERS));
      const fields = [{ id: "password", title: "password", fieldType: "Concealed" as const, value }];
      const item = { vaultId, title: `${letter} ${length}`, category: "Password" as const, fields };
      const made = await person.call("items.create", { item: { ...item, notes: LONG.notes + letter.repeat(length) } });
      await person.call("items.put", { item: { ...made, notes: LONG.changed + letter.repeat(length) } });
      ids.push(made.id);
    }
  for (const itemId of ids) await person.call("items.get", { vaultId, itemId });
  await person.call("items.getAll", { vaultId, itemIds: ids });
  const references = ids.map((id) => `op://${vaultId}/${id}/password`);
  await person.call("secrets.resolveAll", { references });
}

/** Makes documents, and reads them in chunks. Returns their places, as an official SDK names them. */
async function keepFiles(person: Channel, vaultId: string): Promise<object[]> {
  const places: object[] = [];
  for (const times of FILE_TIMES) {
    const content = FILE.repeat(times);
    const place = { vaultId, title: `file ${times}`, name: "f.txt", size: content.length };
    const { handle: writing } = await person.call("files.openWrite", place);
    await person.call("files.writeChunk", { handle: writing, content: Buffer.from(content).toString("base64") });
    const { id, document } = await person.call("files.commit", { handle: writing });
    const { handle } = await person.call("files.openRead", { vaultId, itemId: id, fileId: document?.id ?? "" });
    expect((await person.call("files.readChunk", { handle })).last).toBe(true);
    places.push({ vault_id: vaultId, item_id: id, attr: document });
  }
  return places;
}

/** Reads documents and the item of a field, through the door of the official SDKs. */
async function readBySdk(program: SdkProgram, client: number, files: readonly object[]): Promise<void> {
  for (const file of files) expect(await program.invoke(client, "ItemsFilesRead", file)).toHaveProperty("document");
  const reference = "op://Personal/DB/password";
  expect(await program.invoke(client, "SecretsResolve", { secret_reference: reference })).toEqual({ document: VALUE });
  const all = await program.invoke(client, "SecretsResolveAll", { secret_references: [reference] });
  expect(JSON.stringify(all)).toContain(VALUE);
}

async function makeItem(person: Channel): Promise<void> {
  const { vaults } = await person.call("vaults.list", {});
  const password = { id: "password", title: "password", fieldType: "Concealed", value: VALUE } as const;
  await person.call("items.create", {
    item: { vaultId: vaults[0]?.id ?? "", title: "DB", category: "Password", fields: [password], notes: NOTES },
  });
}

async function readOnce(agent: RunningAgent): Promise<void> {
  const channel = await agent.connect();
  await channel.call("secrets.resolve", { reference: "op://Personal/DB/password" });
  channel.close();
}
