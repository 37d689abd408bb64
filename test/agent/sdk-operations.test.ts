// Every official operation once, through the official SDKs' door of a real agent, beside the same question to our own methods.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Channel } from "../../clients/typescript/channel.ts";
import { sdkShapes } from "../../protocol/sdk/shapes.ts";
import { overLoopback } from "../service/doors.ts";
import { attachPerson, makeAccount, type Person } from "./person.ts";
import { openSdk, type SdkOutcome, type SdkProgram } from "./sdk-raw.ts";
import { type RunningAgent, startAgent } from "./start.ts";

let agent: RunningAgent;
let service: Awaited<ReturnType<typeof overLoopback>>;
let person: Person;
let native: Channel;
let program: SdkProgram;
let client: number;
let vaultId: string;
const carriedOut = new Set<string>();

beforeAll(async () => {
  agent = await startAgent();
  service = await overLoopback();
  await makeAccount(agent, "Ada", {
    service: service.address.origin,
    ...(service.registrationToken === undefined ? {} : { registrationToken: service.registrationToken }),
  });
  person = await attachPerson(agent);
  person.always("yes");
  native = person.channel;
  program = await openSdk(agent.socket);
  client = await program.init();
  vaultId = ((await say("VaultsCreate", { params: { title: "Demo", description: null } })) as { id: string }).id;
});
afterAll(async () => {
  program.close();
  await agent.remove();
  await service.close();
});

async function tried(name: string, parameters: object): Promise<SdkOutcome> {
  carriedOut.add(name);
  return program.invoke(client, name, parameters);
}

/** The document of an operation. */
async function say(name: string, parameters: object): Promise<unknown> {
  const outcome = await tried(name, parameters);
  if ("failure" in outcome) throw new Error(`${outcome.failure.name}: ${outcome.failure.message}`);
  return outcome.document;
}

type Item = { id: string; title: string; version: number; fields: object[]; files: ItemFile[]; document?: Attributes };
type ItemFile = { attributes: Attributes };
type Attributes = { id: string; name: string; size: number };

const at = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$/;
const password = { id: "password", title: "password", fieldType: "Concealed", value: "hunter2" };
const fieldsOfEveryDetail = [
  password,
  { id: "code", title: "code", fieldType: "Totp", value: "JBSWY3DPEHPK3PXP" },
  {
    id: "home",
    title: "home",
    fieldType: "Address",
    value: "",
    details: { type: "Address", content: { street: "s", city: "c", country: "o", zip: "z", state: "t" } },
  },
];
const newItem = (title: string, more: object = {}) => ({ category: "Login", vaultId, title, ...more });
const create = async (title: string, more: object = {}) =>
  (await say("ItemsCreate", { params: newItem(title, more) })) as Item;
/** The code of a one-time password changes between two reads. */
const withoutCode = (item: unknown): unknown =>
  JSON.parse(JSON.stringify(item, (key, value: unknown) => (key === "code" ? "a code" : value)));
const ofItem = (item: { id: string }) => ({ vault_id: vaultId, item_id: item.id });

describe("items", () => {
  test("are created and read the same as by our own methods, with content wherever there are details", async () => {
    const made = await create("login", { fields: fieldsOfEveryDetail, notes: null, tags: ["a"] });
    const read = await say("ItemsGet", ofItem(made));
    expect(withoutCode(read)).toEqual(withoutCode(await native.call("items.get", { vaultId, itemId: made.id })));
    expect(read).toMatchObject({
      ...{ title: "login", category: "Login", vaultId, tags: ["a"], websites: [], files: [], version: 1 },
      createdAt: expect.stringMatching(at),
      updatedAt: expect.stringMatching(at),
    });
    const details = (read as { fields: { details?: { type: string; content?: unknown } }[] }).fields.flatMap(
      (field) => field.details ?? [],
    );
    expect(details.map(({ type }) => type)).toEqual(["Otp", "Address"]);
    expect(details.every((one) => "content" in one)).toBe(true);
  });

  test("that were read can be given to create, with keys that nobody knows", async () => {
    const read = await create("read");
    const again = (await say("ItemsCreate", { params: { ...read, contentType: "text/plain" } })) as Item;
    expect(again).toMatchObject({ title: "read", version: 1 });
    expect(again.id).not.toBe(read.id);
  });

  test("are put with null for what is empty", async () => {
    const item = await create("before");
    const lists = { fields: null, sections: null, tags: null, websites: null, files: null, document: null };
    const put = (await say("ItemsPut", { item: { ...item, ...lists, title: "after" } })) as Item;
    expect(put).toMatchObject({ id: item.id, title: "after", version: 2, fields: [] });
    expect(await tried("ItemsPut", { item })).toMatchObject({
      failure: { message: "The submitted item is not up to date. Refetch the item and retry the request." },
    });
  });

  test("of an unknown category are refused in the official words", async () => {
    expect(await tried("ItemsCreate", { params: newItem("x", { category: "LOGIN" }) })).toMatchObject({
      failure: {
        name: "InvalidConfiguration",
        message: expect.stringContaining("An unsupported item category was specified"),
      },
    });
  });

  test("are created, read and deleted together, each with its own outcome", async () => {
    const params = [newItem("one"), newItem("two", { category: "nonsense" })];
    const made = (await say("ItemsCreateAll", { vault_id: vaultId, params })) as {
      individualResponses: { content?: Item; error?: object }[];
    };
    const [one, two] = made.individualResponses;
    expect(one?.content).toMatchObject({ title: "one" });
    expect(two).toEqual({ error: { type: "itemValidationError", message: expect.stringContaining("category") } });
    const ids = [one?.content?.id ?? "", "a".repeat(26)];
    expect(await say("ItemsGetAll", { vault_id: vaultId, item_ids: ids })).toEqual({
      individualResponses: [{ content: one?.content }, { error: { type: "itemNotFound" } }],
    });
    expect(await say("ItemsDeleteAll", { vault_id: vaultId, item_ids: ids })).toEqual({
      individualResponses: { [ids[0] ?? ""]: {}, [ids[1] ?? ""]: { error: { type: "itemNotFound" } } },
    });
  });

  test("are archived, listed by state, and deleted", async () => {
    const item = await create("old");
    expect(await say("ItemsArchive", ofItem(item))).toBeUndefined();
    const filter = { type: "ByState", content: { active: false, archived: true } };
    const archived = await say("ItemsList", { vault_id: vaultId, filters: [filter] });
    expect(archived).toEqual((await native.call("items.list", { vaultId, active: false, archived: true })).items);
    expect(archived).toMatchObject([{ id: item.id, state: "archived" }]);
    expect(await say("ItemsDelete", ofItem(item))).toBeUndefined();
    expect(await tried("ItemsGet", ofItem(item))).toMatchObject({
      failure: { name: "ItemApi", message: "item couldn't be found" },
    });
  });
});

describe("secrets", () => {
  test("are resolved alone and together, under the text of each reference", async () => {
    await create("secret", { fields: [password] });
    const [here, gone, none] = ["op://Demo/secret/password", "op://Demo/secret/none", "nonsense"];
    expect(await say("SecretsResolve", { secret_reference: here })).toBe("hunter2");
    expect(await say("SecretsResolveAll", { secret_references: [here, gone, none, here] })).toEqual({
      individualResponses: {
        [here]: { content: { secret: "hunter2", itemId: expect.any(String), vaultId } },
        [gone]: { error: { type: "fieldNotFound" } },
        [none]: { error: { type: "parsing", message: expect.stringContaining("could not be parsed") } },
      },
    });
  });
});

describe("files", () => {
  test("are attached, read and deleted, in both forms of bytes", async () => {
    const item = await create("with files");
    const file = { name: "a.bin", content: "AAEC/w==", sectionId: "", fieldId: "a" };
    const attached = (await say("ItemsFilesAttach", { item, file_params: file })) as Item;
    const attr = attached.files[0]?.attributes;
    expect(await say("ItemsFilesRead", { ...ofItem(item), attr })).toEqual([0, 1, 2, 255]);
    const removed = await say("ItemsFilesDelete", { item: attached, section_id: "", field_id: "a" });
    expect(removed).toMatchObject({ files: [], version: 3 });
    const empty = { name: "b.bin", content: [], sectionId: "", fieldId: "b" };
    expect(await say("ItemsFilesAttach", { item: removed as Item, file_params: empty })).toMatchObject({
      files: [{ attributes: { name: "b.bin", size: 0 } }],
    });
  });

  test("of a Document are replaced", async () => {
    const document = { name: "paper", content: [1, 2, 3] };
    const item = await create("paper", { category: "Document", document });
    const replaced = (await say("ItemsFilesReplaceDocument", {
      item,
      doc_params: { name: "new", content: [4] },
    })) as Item;
    expect(replaced.document).toMatchObject({ name: "new", size: 1 });
    expect(await say("ItemsFilesRead", { ...ofItem(item), attr: replaced.document })).toEqual([4]);
  });
});

describe("shares", () => {
  test("are made with the policy that was asked for", async () => {
    const item = await create("shared");
    const policy = await tried("ItemsSharesGetAccountPolicy", ofItem(item));
    const own = await native.call("items.shares.getAccountPolicy", { vaultId, itemId: item.id });
    expect(policy).toEqual({ document: own });
    const recipients = await say("ItemsSharesValidateRecipients", { policy: own, recipients: [] });
    expect(recipients).toEqual([]);
    const params = { recipients: null, expireAfter: null, oneTimeOnly: true };
    expect(await say("ItemsSharesCreate", { item, policy: own, params })).toMatch(/^http/);
  });
});

describe("vaults, groups and environments", () => {
  test("are read without times where the official type has none", async () => {
    const get = await say("VaultsGet", { vault_id: vaultId, vault_params: { accessors: true } });
    const own = await native.call("vaults.get", { vaultId, accessors: true });
    const { createdAt: _created, updatedAt: _updated, ...vault } = own;
    expect(get).toEqual(vault);
    expect(await say("VaultsGetOverview", { vault_id: vaultId })).toEqual(
      await native.call("vaults.getOverview", { vaultId }),
    );
    for (const parameters of [{}, { params: null }, { params: { decryptDetails: null } }])
      expect(await say("VaultsList", parameters)).toEqual((await native.call("vaults.list", {})).vaults);
    const update = { vault_id: vaultId, params: { title: null, description: "d" } };
    expect(await say("VaultsUpdate", update)).toMatchObject({ title: "Demo", description: "d" });
  });

  test("give, change and take a group's permissions, and are deleted", async () => {
    const { id } = (await say("VaultsCreate", { params: { title: "Other" } })) as { id: string };
    const { id: groupId } = await native.call("groups.create", { title: "Team" });
    const access = { groupId, permissions: 48 };
    const voids: [string, object][] = [
      ["VaultsGrantGroupPermissions", { vault_id: id, group_permissions_list: [access] }],
      ["VaultsUpdateGroupPermissions", { group_permissions_list: [{ vaultId: id, groupId, permissions: 32 }] }],
    ];
    for (const [name, parameters] of voids) expect(await say(name, parameters)).toBeUndefined();
    const group = await say("GroupsGet", { group_id: groupId, group_params: { vaultPermissions: true } });
    expect(group).toEqual(await native.call("groups.get", { groupId, vaultPermissions: true }));
    expect(group).toMatchObject({ vaultAccess: [{ vaultUuid: id, permissions: 32 }] });
    expect(await say("VaultsRevokeGroupPermissions", { vault_id: id, group_id: groupId })).toBeUndefined();
    expect(await say("VaultsDelete", { vault_id: id })).toBeUndefined();
    expect(await tried("VaultsGetOverview", { vault_id: id })).toMatchObject({
      failure: { name: "ItemApi", message: "vault couldn't be found" },
    });
  });

  test("give the variables of an environment", async () => {
    const variables = [{ name: "A", value: "1", masked: true }];
    const { id } = await native.call("environments.create", { title: "env", variables });
    expect(await say("EnvironmentsGetVariables", { environment_id: id })).toEqual({ variables });
    expect(await tried("EnvironmentsGetVariables", { environment_id: "a".repeat(26) })).toHaveProperty("failure");
  });
});

test("every operation that crosses was carried out", () => {
  const ofTheClient = ["ValidateSecretReference", "GeneratePassword"];
  expect(Object.keys(sdkShapes).filter((name) => !carriedOut.has(name) && !ofTheClient.includes(name))).toEqual([]);
});
