// What programs give to the official methods beside what the official types say. The official core takes it, and so does our client. Each value
// is one that a program has after reading an item, or one that comes from JSON.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as sdk from "../../clients/typescript/client.ts";
import { attachPerson, makeAccount, type Person } from "../agent/person.ts";
import { type RunningAgent, startAgent } from "../agent/start.ts";

let agent: RunningAgent;
let person: Person;
let client: sdk.OpenClient;
let vaultId: string;

beforeAll(async () => {
  agent = await startAgent();
  await makeAccount(agent);
  person = await attachPerson(agent);
  person.always("yes");
  client = await sdk.createClient({ auth: new sdk.DesktopAuth("Ada"), socket: agent.socket });
  vaultId = (await client.vaults.create({ title: "Demo" })).id;
});
afterAll(async () => {
  client.close();
  await agent.remove();
});

/** A value under the type that its method has, which says less than the method takes. */
const as = <T>(value: unknown): T => value as T;
const create = (params: object) => client.items.create(as({ category: "Login", vaultId, title: "t", ...params }));
const field = { id: "password", title: "password", fieldType: "Concealed", value: "v" };
const nothing = { fields: null, sections: null, notes: null, tags: null, websites: null, files: null, document: null };

describe("create takes", () => {
  test("an item that was read", async () => {
    const read = await create({ fields: [field], tags: ["a"] });
    const again = await client.items.create(as(read));
    expect(again).toMatchObject({ title: "t", fields: [field], tags: ["a"], version: 1 });
    expect(again.id).not.toBe(read.id);
  });

  test.each<[string, object]>([
    ["null for everything that may be missing", nothing],
    ["keys that nobody knows", { contentType: "text/plain", fields: [{ ...field, strength: 3 }] }],
    ["a field without a section, and without details", { fields: [{ ...field, sectionId: null, details: null }] }],
    ["details without their content", { fields: [{ ...field, details: { type: "SshKey" } }] }],
    [
      "an unknown behaviour of a website",
      { websites: [{ url: "https://x.example", label: "l", autofillBehavior: "x" }] },
    ],
    [
      "a file with the type of its content",
      { files: [{ name: "a", content: Uint8Array.of(1), contentType: "x", sectionId: "", fieldId: "f" }] },
    ],
    ["a file as a Buffer", { files: [{ name: "a", content: Buffer.from([1]), sectionId: "", fieldId: "f" }] }],
    ["a file as a list of numbers", { files: [{ name: "a", content: [1, 2], sectionId: "", fieldId: "f" }] }],
  ])("%s", async (_what, params) => {
    expect(await create(params)).toMatchObject({ title: "t", version: 1 });
    const together = await client.items.createAll(
      vaultId,
      as([{ category: "Login", vaultId, title: "t", ...params, files: null }]),
    );
    expect(together.individualResponses).toMatchObject([{ content: { title: "t" } }]);
  });

  test("a large Document that was read, with null for its lists", async () => {
    const content = new Uint8Array(1024 * 1024 + 1).fill(7);
    const read = await create({ category: "Document", title: "d", document: { name: "d", content: Uint8Array.of(1) } });
    const again = await client.items.create(as({ ...read, ...nothing, document: { name: "d", content } }));
    expect(again).toMatchObject({ title: "d", document: { size: content.length } });
    expect(again.id).not.toBe(read.id);
  });
});

describe("create refuses in the official words", () => {
  test.each<[string, object, string]>([
    ["an unknown category", { category: "LOGIN" }, "An unsupported item category was specified"],
    ["an unknown type of a field", { fields: [{ ...field, fieldType: "Passkey" }] }, "had an unsupported field type"],
  ])("%s", async (_what, params, text) => {
    await expect(create(params)).rejects.toThrow(text);
  });

  test.each<[string, object]>([
    ["a field without a value", { fields: [{ ...field, value: undefined }] }],
    ["a title that is no text", { title: 7 }],
    ["a file without content", { files: [{ name: "a", content: null, sectionId: "", fieldId: "f" }] }],
  ])("%s, by naming it", async (_what, params) => {
    await expect(create(params)).rejects.toThrow();
  });
});

describe("put takes", () => {
  test.each<[string, (item: sdk.Item) => object]>([
    ["dates as texts, as JSON has them", (item) => JSON.parse(JSON.stringify(item)) as object],
    ["null for its lists", (item) => ({ ...item, ...nothing, notes: "" })],
    ["keys that nobody knows", (item) => ({ ...item, favourite: true, fields: [{ ...field, more: 1 }] })],
  ])("%s", async (_what, changed) => {
    const item = await create({ fields: [field] });
    expect(await client.items.put(as(changed(item)))).toMatchObject({ id: item.id, version: 2 });
  });

  test("no date that is none", async () => {
    const item = await create({});
    await expect(client.items.put({ ...item, createdAt: new Date(Number.NaN) })).rejects.toThrow(RangeError);
  });
});

test("vaults are made, changed and listed with keys that nobody knows, and with null for what may be missing", async () => {
  const made = await client.vaults.create(as({ title: "V", description: null, icon: "x" }));
  expect(await client.vaults.update(made.id, as({ title: null, description: "d", icon: "x" }))).toMatchObject({
    title: "V",
    description: "d",
  });
  expect((await client.vaults.list(as({ decryptDetails: null, more: 1 }))).map(({ id }) => id)).toContain(made.id);
  expect(await client.vaults.get(made.id, as({ accessors: null, more: 1 }))).toMatchObject({ title: "V" });
});

test("our own methods stay closed: what the official ones ignore, they refuse", async () => {
  const item = { category: "Login", vaultId, title: "t" } as const;
  await expect(client.call("items.create", as({ item: { ...item, contentType: "x" } }))).rejects.toThrow(
    "there is a field that this method does not know",
  );
  await expect(client.call("items.create", as({ item: { ...item, tags: null } }))).rejects.toThrow("tags");
});
