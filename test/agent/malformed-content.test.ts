// A program with the keys of a vault seals something that is no item. The seal is right, so only the content tells. The other items of each list
// are answered all the same, and the malformed one is a row of its own that says so.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { OpenAccount } from "../../clients/account/open-account.ts";
import { UNREADABLE_NAME } from "../../clients/account/sealed-names.ts";
import type { Channel } from "../../clients/typescript/channel.ts";
import { sealedAccount } from "../../daemon/session/sealed-account.ts";
import { itemLimits } from "../../protocol/item/item.ts";
import { MALFORMED_OVERVIEW } from "../../protocol/item/malformed-item.ts";
import { postern } from "../cli/postern.ts";
import { type InProcessAgent, passing, startInProcess } from "./in-process.ts";
import { attachPerson, makeAccount, type Person } from "./person.ts";
import { openSdk } from "./sdk-raw.ts";

type Parts = Parameters<OpenAccount["createItem"]>;

let agent: InProcessAgent;
let channel: Channel;
let person: Person;
let sealing: OpenAccount;
let vaultId: string;
let good: string;
let damaged: string;
let hollow: string;

const settle = <T>(promise: Promise<T>) => passing(agent, promise);
const call: Channel["call"] = (method, params) => settle(channel.call(method, params));
const overview = (title: string) => ({ title, category: "Login" as const, tags: ["a"], websites: [] });
const details = { fields: [], sections: [], notes: "a note", files: [] };

/** What is sealed in place of an overview. */
const overviews: Record<string, unknown> = {
  "a title that is a number": { ...overview("x"), title: 5 },
  "no tags": { title: "x", category: "Login", websites: [] },
  "tags that are a text": { ...overview("x"), tags: "abc" },
  "a category that there is not": { ...overview("x"), category: "Cauldron" },
  "a title of ten thousand letters": overview("x".repeat(10_000)),
  "a list": [],
  "no text at all": undefined,
  "the name of a prototype": JSON.parse('{"title":"x","category":"Login","tags":[],"websites":[],"__proto__":{}}'),
};

/** What is sealed in place of the details. */
const contents: Record<string, unknown> = {
  "a field without a value": { ...details, fields: [{ id: "a", title: "a", fieldType: "Text" }] },
  "fields that are null": { ...details, fields: null },
  "a file of a negative size": {
    ...details,
    files: [{ attributes: { name: "a", id: "a".repeat(26), size: -1 }, sectionId: "", fieldId: "a" }],
  },
  nothing: null,
  "no text at all": { toJSON: () => undefined },
};

/** Is sealed as this value. The title is there for the item's tag alone. */
const sealedAs = (value: unknown) => ({ title: "x", toJSON: () => value }) as unknown as Parts[1];

const seal = async (over: unknown, inside: unknown = details) =>
  (await sealing.createItem(vaultId, sealedAs(over), inside as Parts[2])).id;

beforeAll(async () => {
  agent = await startInProcess(undefined, undefined, (parts) => {
    sealing = parts.open;
    return sealedAccount(parts);
  });
  await settle(makeAccount(agent));
  person = await settle(attachPerson(agent));
  person.always("yes");
  channel = await agent.connect();
  vaultId = (await call("vaults.create", { title: "Demo" })).id;
  good = (await call("items.create", { item: { vaultId, title: "Good", category: "Login" } })).id;
  damaged = await seal({ ...overview("x"), title: 5 });
  hollow = (await sealing.createItem(vaultId, overview("Hollow"), null as unknown as Parts[2])).id;
});
afterAll(async () => {
  person.leave();
  channel.close();
  await agent.close();
});

const listed = async () => (await call("items.list", { vaultId })).items;

describe("an overview that is none", () => {
  test.each(Object.keys(overviews))("%s is one row of the list, with its id and a mark", async (name) => {
    const id = await seal(overviews[name]);
    const items = await listed();
    expect(items.find((one) => one.id === id)).toMatchObject({ ...MALFORMED_OVERVIEW, id, vaultId, malformed: true });
    expect(items.find((one) => one.id === good)).toMatchObject({ title: "Good" });
    expect(items.find((one) => one.id === good)).not.toHaveProperty("malformed");
    await call("items.delete", { vaultId, itemId: id });
  });

  test("is one row after a change too, where one row is fetched", async () => {
    await listed();
    const id = await seal(overview("will change"));
    expect((await listed()).find((one) => one.id === id)?.title).toBe("will change");
    await sealing.putItem(vaultId, id, 1, {
      overview: sealedAs({ ...overview("x"), tags: 7 }),
      details,
      files: [],
      state: "active",
    });
    await expect.poll(async () => (await listed()).find((one) => one.id === id)?.malformed).toBe(true);
    await call("items.delete", { vaultId, itemId: id });
  });

  test("is one row of `item list`, and in its JSON", async () => {
    const table = await settle(postern(["item", "list", "--vault", "Demo"], { home: agent.home }));
    expect(table.code).toBe(0);
    expect(table.out).toContain("Good");
    expect(table.out.split("\n").filter((line) => line.includes(damaged))).toEqual([
      expect.stringContaining(MALFORMED_OVERVIEW.title),
    ]);
    const json = await settle(postern(["item", "list", "--vault", "Demo", "--json"], { home: agent.home }));
    const { items } = JSON.parse(json.out) as { items: { id: string; malformed?: boolean }[] };
    expect(items.filter(({ malformed }) => malformed === true).map(({ id }) => id)).toEqual([damaged]);
  });

  test("is an overview of the official form at the official door", async () => {
    const sdk = await settle(openSdk(agent.socket));
    const client = await settle(sdk.init());
    const items = (await settle(sdk.document(client, "ItemsList", { vault_id: vaultId, filters: [] }))) as object[];
    const row = items.find((one) => "id" in one && one.id === damaged);
    expect(row).toMatchObject(MALFORMED_OVERVIEW);
    expect(row).not.toHaveProperty("malformed");
    sdk.close();
  });
});

describe("details that are none", () => {
  test.each(Object.keys(contents))("%s is refused where the item is asked for, by its id alone", async (name) => {
    const itemId = await seal(overview("x"), contents[name]);
    const refused = await call("items.get", { vaultId, itemId }).catch((error: unknown) => error);
    expect(refused).toMatchObject({
      name: "SealBrokenError",
      message: `what is sealed as this item is none: ${itemId}`,
    });
    expect((await listed()).map(({ id }) => id)).toContain(itemId);
    await call("items.delete", { vaultId, itemId });
  });

  test("are an outcome of their own among several items", async () => {
    const { outcomes } = await call("items.getAll", { vaultId, itemIds: [good, damaged, hollow] });
    expect(outcomes).toMatchObject([
      { title: "Good" },
      { error: { name: "sealBroken", message: expect.stringContaining(damaged) } },
      { error: { name: "sealBroken", message: expect.stringContaining(hollow) } },
    ]);
  });

  test("resolve no reference, and say of which item", async () => {
    const refused = await call("secrets.resolve", { reference: "op://Demo/Hollow/a" }).catch((error: unknown) => error);
    expect(refused).toMatchObject({ name: "SealBrokenError", message: expect.stringContaining(hollow) });
  });
});

describe("content that goes to the limits", () => {
  const letters = (count: number) => "x".repeat(count);

  test("is read again: a one-time code with the longest id, and as many sections as may be beside a field without one", async () => {
    const sections = Array.from({ length: itemLimits.sections }, (_none, at) => ({ id: `s${at}`, title: "s" }));
    const fields = [
      { id: letters(itemLimits.partId), title: "code", fieldType: "Totp" as const, value: "JBSWY3DPEHPK3PXP" },
    ];
    const item = { vaultId, title: "Full", category: "Login" as const, fields, sections };
    const { id: itemId, version } = await call("items.create", { item });
    const file = { name: "a", content: "", sectionId: "new", fieldId: "a" };
    await call("files.attach", { vaultId, itemId, version, file });
    const read = await call("items.get", { vaultId, itemId });
    expect(read.sections).toHaveLength(itemLimits.sections + 2);
    expect(read.fields[0]?.id).toHaveLength(itemLimits.partId + "TOTP_".length);
    await call("items.delete", { vaultId, itemId });
  });

  test("is read again: a variable with the longest name", async () => {
    const { id: environmentId } = await call("environments.create", { title: "long" });
    const name = `A${letters(255)}`;
    const variables = [{ name, value: "v", masked: true }];
    await call("environments.set", { environmentId, variables });
    expect(await call("environments.getVariables", { environmentId })).toMatchObject({ variables });
  });
});

test("a command deletes a malformed item by its id", async () => {
  const itemId = await seal({ ...overview("x"), title: null });
  const ran = await settle(postern(["item", "delete", itemId, "--vault", "Demo", "--yes"], { home: agent.home }));
  expect(ran.code).toBe(0);
  expect((await listed()).map(({ id }) => id)).not.toContain(itemId);
});

test("a grant for a malformed item is listed by its id, with the others", async () => {
  const program = spawn("nc", ["-U", agent.socket], { stdio: ["pipe", "pipe", "ignore"] });
  const params = { vaultId, itemId: hollow };
  program.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", id: 1, method: "items.get", params })}\n`);
  const [line] = (await settle(once(program.stdout, "data"))) as [Buffer];
  expect(String(line)).toContain('"name":"sealBroken"');
  const { grants } = await call("grants.list", { ask: true });
  program.kill();
  expect(grants.map(({ item }) => item)).toContain(hollow);
});

test("a share of an item that is malformed by now is listed without its title", async () => {
  const itemId = (await sealing.createItem(vaultId, overview("Shared"), details)).id;
  const linkAddress = await sealing.shares.publicAddress();
  const how = { expireAfter: "OneHour", oneTime: true, linkAddress } as const;
  const { share: shareId } = await sealing.shares.create(await sealing.getItem(vaultId, itemId), how);
  await sealing.putItem(vaultId, itemId, 1, {
    overview: sealedAs(overview("Shared")),
    details: [] as unknown as Parts[2],
    files: [],
    state: "active",
  });
  const { shares } = await call("shares.list", {});
  const found = shares.find((one) => one.shareId === shareId);
  expect(found).toMatchObject({ itemId });
  expect(found).not.toHaveProperty("title");
});

test("an item with the title of a malformed one is still asked for and read by its id", async () => {
  const itemId = (await call("items.create", { item: { vaultId, title: "Hollow", category: "Login" } })).id;
  const fresh = await agent.connect();
  expect(await settle(fresh.call("items.get", { vaultId, itemId }))).toMatchObject({ title: "Hollow" });
  fresh.close();
});

test("a vault whose name is none is listed with the others, and a new name mends it", async () => {
  const { id } = await call("vaults.create", { title: "Work" });
  await sealing.updateVault(id, { title: 7 as unknown as string });
  const titles = async () => (await call("vaults.list", {})).vaults.map(({ title }) => title);
  expect(await titles()).toEqual(expect.arrayContaining(["Demo", UNREADABLE_NAME]));
  await call("vaults.update", { vaultId: id, title: "Work" });
  expect(await titles()).toEqual(expect.arrayContaining(["Demo", "Work"]));
});

test("a group whose name is none is listed with the others", async () => {
  const { id } = await call("groups.create", { title: "Friends" });
  await sealing.groups.update(id, { title: 7 as unknown as string });
  const { groups } = await call("groups.list", {});
  expect(groups.map(({ title }) => title)).toEqual(expect.arrayContaining(["Owners", UNREADABLE_NAME]));
});

test("an environment whose content is none is listed with the others, and the error names the item", async () => {
  const { id } = await call("environments.create", { title: "staging" });
  const other = await call("environments.create", { title: "production" });
  const inner = sealing.environments;
  await inner.set(id, [{ name: "A", value: 5 as unknown as string, masked: false }]);
  const { environments } = await call("environments.list", {});
  expect(environments.map((one) => one.id)).toEqual(expect.arrayContaining([id, other.id]));
  await expect(call("environments.getVariables", { environmentId: id })).rejects.toMatchObject({
    name: "SealBrokenError",
    message: expect.stringContaining("what is sealed as this item is none"),
  });
});
