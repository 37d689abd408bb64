// The TypeScript client, used like the official SDK: names, shapes, dates, bytes, tags and texts.
import { createRequire } from "node:module";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as sdk from "../../clients/typescript/client.ts";
import { attachPerson, makeAccount, type Person } from "../agent/person.ts";
import { type RunningAgent, startAgent } from "../agent/start.ts";

const official = createRequire(import.meta.url)("@1password/sdk") as Record<string, unknown>;
const here = sdk as unknown as Record<string, unknown>;

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

const field = (id: string, fieldType: `${sdk.ItemFieldType}`, value: string) => ({ id, title: id, fieldType, value });
const make = (more: Partial<sdk.Given<sdk.ItemCreateParams>> = {}) =>
  client.items.create({ title: "T", category: sdk.ItemCategory.Login, vaultId, ...more });

describe("the names are the official ones:", () => {
  const values = Object.keys(official).filter((name) => name !== "default");

  test.each(values)("%s", (name) => {
    expect(Object.keys(here)).toContain(name);
    const theirs = official[name];
    if (typeof theirs === "number" || typeof theirs === "string") expect(here[name]).toBe(theirs);
    else if (typeof theirs === "object" && theirs !== null) {
      const own = here[name] as Record<string, unknown>;
      for (const [key, value] of Object.entries(theirs)) if (typeof value === "string") expect(own[key]).toBe(value);
    } else expect(typeof here[name]).toBe(typeof theirs);
  });
});

describe("an item", () => {
  test("has dates, details of its codes, and comes back as it was put", async () => {
    const made = await make({
      fields: [field("username", "Text", "ada"), field("onetime", "Totp", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")],
      tags: ["größe"],
      websites: [{ url: "https://x.example", label: "w", autofillBehavior: "Never" }],
    });
    expect(made.createdAt).toBeInstanceOf(Date);
    expect(made.fields[1]).toMatchObject({
      id: "TOTP_onetime",
      details: { type: "Otp", content: { code: expect.stringMatching(/^\d{6}$/) } },
    });
    const put = await client.items.put({ ...made, notes: "changed" });
    expect(put).toMatchObject({ version: 2, notes: "changed", tags: ["größe"], createdAt: made.createdAt });
    await expect(client.items.put(made)).rejects.toThrow(
      "The submitted item is not up to date. Refetch the item and retry the request.",
    );
    expect(await client.items.get(vaultId, made.id)).toMatchObject({ version: 2 });
    await client.items.archive(vaultId, made.id);
    expect((await client.items.list(vaultId)).map(({ id }) => id)).not.toContain(made.id);
    const archived = { type: "ByState", content: { active: false, archived: true } } as const;
    const [found] = (await client.items.list(vaultId, archived)).filter(({ id }) => id === made.id);
    expect(found).toMatchObject({ state: "archived", createdAt: expect.any(Date) });
  });

  test("of each category is accepted, except the unsupported one", async () => {
    for (const category of Object.values(sdk.ItemCategory)) {
      if (category === "Unsupported" || category === "Document") continue;
      expect((await make({ category })).category).toBe(category);
    }
    await expect(make({ category: "Unsupported" })).rejects.toThrow(
      "invalid user input: encountered the following errors: An unsupported item category was specified",
    );
  });

  test("of a batch has the official tags", async () => {
    const good = { title: "G", category: "Password", vaultId } as const;
    const { individualResponses } = await client.items.createAll(vaultId, [good, { ...good, tags: [""] }]);
    const [made, broken] = individualResponses;
    expect(made?.content?.title).toBe("G");
    expect(broken?.error).toEqual({ type: "itemValidationError", message: expect.stringContaining("empty tags(s)") });
    const ids = [made?.content?.id ?? "", "a".repeat(26)];
    const read = await client.items.getAll(vaultId, ids);
    expect(read.individualResponses.map(({ error }) => error?.type)).toEqual([undefined, "itemNotFound"]);
    const deleted = await client.items.deleteAll(vaultId, ids);
    expect(deleted.individualResponses).toEqual({
      [ids[0] ?? ""]: {},
      [ids[1] ?? ""]: { error: { type: "itemNotFound" } },
    });
  });

  test("is written by one of fifty at once, and the others are told to fetch it again", async () => {
    const item = await make({ notes: "0" });
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        client.items.put({ ...item, notes: `${index}` }).then(
          ({ notes }) => notes,
          (error: { errorName: string }) => error.errorName,
        ),
      ),
    );
    const won = outcomes.filter((outcome) => outcome !== "versionConflict");
    expect(won).toHaveLength(1);
    expect(await client.items.get(vaultId, item.id)).toMatchObject({ version: 2, notes: won[0] });
  });
});

describe("files", () => {
  const bytes = (size: number, seed: number) => Uint8Array.from({ length: size }, (_, index) => (index * seed) % 251);

  test.each([
    ["an empty one", 0],
    ["a small one", 3],
    ["one at the size that travels whole", 1024 * 1024],
    ["one past it", 1024 * 1024 + 1],
    ["a large one", 3 * 1024 * 1024 + 17],
  ])("%s is attached, read back and taken out", async (_what, size) => {
    const content = bytes(size, 7);
    const item = await client.items.files.attach(await make(), {
      name: "a.bin",
      content,
      sectionId: "s",
      fieldId: "f",
    });
    expect(item.sections).toEqual([{ id: "s", title: "" }]);
    const [file] = item.files;
    if (file === undefined) throw new Error("no file");
    expect(file.attributes).toMatchObject({ name: "a.bin", size });
    const read = await client.items.files.read(vaultId, item.id, file.attributes);
    expect(Buffer.compare(read, content)).toBe(0);
    expect((await client.items.files.delete(item, "s", "f")).files).toEqual([]);
  });

  test.each([10, 2 * 1024 * 1024])(
    "a document of %i bytes is made with its other content, and replaced",
    async (size) => {
      const made = await client.items.create({
        title: "Doc",
        category: "Document",
        vaultId,
        notes: "kept",
        document: { name: "one", content: bytes(size, 3) },
      });
      expect(made).toMatchObject({ notes: "kept", document: { name: "one", size } });
      const next = await client.items.files.replaceDocument(made, { name: "two", content: bytes(size + 1, 5) });
      if (next.document === undefined) throw new Error("no document");
      const read = await client.items.files.read(vaultId, next.id, next.document);
      expect(Buffer.compare(read, bytes(size + 1, 5))).toBe(0);
    },
  );

  test("are refused with the official words", async () => {
    const item = await make();
    const content = new Uint8Array(1);
    await expect(client.items.files.replaceDocument(item, { name: "n", content })).rejects.toThrow(
      "only Document items can have their document replaced",
    );
    await expect(client.items.files.delete(item, "", "none")).rejects.toThrow(
      "no file field found with given section and field IDs",
    );
    const twice = { name: "n", content, sectionId: "", fieldId: "f" };
    const once = await client.items.files.attach(item, twice);
    await expect(client.items.files.attach(once, twice)).rejects.toThrow(
      "field or file with provided field/section ID already exists",
    );
    await expect(client.items.files.read(vaultId, item.id, { name: "n", id: "a".repeat(26), size: 1 })).rejects.toThrow(
      "file couldn't be found",
    );
  });
});

describe("references", () => {
  test("are resolved with the official words where they lead nowhere", async () => {
    await make({ title: "One", fields: [field("x", "Concealed", "v")] });
    await make({ title: "Twice" });
    await make({ title: "twice" });
    const said = (reference: string) => client.secrets.resolve(reference).catch((error: Error) => error.message);
    const prefix = "error resolving secret reference: ";
    expect(await said("op://Demo/One/x")).toBe("v");
    expect(await said("nonsense")).toBe(
      `${prefix}the secret reference could not be parsed: secret reference is not prefixed with "op://"`,
    );
    expect(await said("op://None/One/x")).toBe(`${prefix}no vault matched the secret reference query`);
    expect(await said("op://Demo/None/x")).toBe(`${prefix}no item matched the secret reference query`);
    expect(await said("op://Demo/Twice/x")).toMatch(
      /^error resolving secret reference: more than one item matched the secret reference query: candidates [a-z2-7]{26}, [a-z2-7]{26}$/,
    );
    expect(await said("op://Demo/One/none/x")).toBe(`${prefix}no section matched the secret reference`);
    expect(await said("op://Demo/One/none")).toBe(`${prefix}the specified field cannot be found within the item`);
    expect(await said("op://Demo/One/x?attribute=otp")).toBe(
      `${prefix}TOTP attribute can only be applied to TOTP-type fields`,
    );
    expect(await said("op://Demo/One/x?ssh-format=openssh")).toBe(
      `${prefix}SSH key formatting can only be applied to a private key field`,
    );
  });

  test("of several have their own outcome each, under the text that was sent", async () => {
    const { individualResponses } = await client.secrets.resolveAll([
      "op://Demo/One/x",
      "nonsense",
      "op://Demo/None/x",
    ]);
    expect(individualResponses).toMatchObject({
      "op://Demo/One/x": { content: { secret: "v", vaultId } },
      nonsense: { error: { type: "parsing", message: expect.stringContaining("could not be parsed") } },
      "op://Demo/None/x": { error: { type: "itemNotFound" } },
    });
    expect(await client.secrets.resolveAll([])).toEqual({ individualResponses: {} });
  });

  test("mean another thing after a change of case in the prefix or the query, cached or not", async () => {
    await make({ title: "Coded", fields: [field("c", "Totp", "GEZDGNBVGY3TQOJQ")] });
    expect(await client.secrets.resolve("op://demo/CODED/c?attribute=totp")).toMatch(/^\d{6}$/);
    expect(await client.secrets.resolve("op://Demo/Coded/C?attribute=totp")).toMatch(/^\d{6}$/);
    await expect(client.secrets.resolve("op://Demo/Coded/c?attribute=TOTP")).rejects.toThrow(
      "invalid query parameter value",
    );
    await expect(client.secrets.resolve("OP://Demo/Coded/c?attribute=totp")).rejects.toThrow("not prefixed");
  });
});

describe("vaults, groups and environments", () => {
  test("are as the official types say", async () => {
    const vault = await client.vaults.create({ title: "V", description: "d", allowAdminsAccess: false });
    expect(vault).toEqual({
      id: vault.id,
      title: "V",
      description: "d",
      vaultType: "userCreated",
      activeItemCount: 0,
      contentVersion: 0,
      attributeVersion: 1,
    });
    const group = await client.call("groups.create", { title: "G" });
    const permissions = sdk.READ_ITEMS | sdk.REVEAL_ITEM_PASSWORD;
    await client.vaults.grantGroupPermissions(vault.id, [{ groupId: group.id, permissions }]);
    await client.vaults.updateGroupPermissions([{ vaultId: vault.id, groupId: group.id, permissions: sdk.READ_ITEMS }]);
    const { access } = await client.vaults.get(vault.id, { accessors: true });
    expect(access).toContainEqual({
      vaultUuid: vault.id,
      accessorType: "group",
      accessorUuid: group.id,
      permissions: sdk.READ_ITEMS,
    });
    expect(await client.groups.get(group.id, { vaultPermissions: true })).toMatchObject({
      groupType: "userDefined",
      state: "active",
      vaultAccess: [{ permissions: sdk.READ_ITEMS }],
    });
    await client.vaults.revokeGroupPermissions(vault.id, group.id);
    expect((await client.vaults.get(vault.id, { accessors: true })).access).toHaveLength(1);
    await expect(
      client.vaults.grantGroupPermissions(vault.id, [{ groupId: group.id, permissions: sdk.NO_ACCESS }]),
    ).rejects.toThrow(
      "error updating group vault permissions: assigned permissions for groupPermissions[0] can't be 0",
    );
    const [hidden] = await client.vaults.list({ decryptDetails: false });
    expect(hidden).toMatchObject({ title: "[Encrypted]", createdAt: expect.any(Date) });
    const environment = await client.call("environments.create", { title: "E" });
    const variable = { name: "A", value: "1", masked: true };
    await client.call("environments.set", { environmentId: environment.id, variables: [variable] });
    expect(await client.environments.getVariables(environment.id)).toEqual({ variables: [variable] });
  });
});

describe("the static helpers", () => {
  test("answer at once, and throw errors", () => {
    expect(sdk.Secrets.validateSecretReference("op://v/i/f")).toBeUndefined();
    expect(() => sdk.Secrets.validateSecretReference("op://v/i")).toThrow(sdk.errors.InvalidReferenceError);
    const recipe = { type: "Pin", parameters: { length: 6 } } as const;
    expect(sdk.Secrets.generatePassword(recipe).password).toMatch(/^\d{6}$/);
    expect(() => sdk.Secrets.generatePassword({ type: "Pin", parameters: { length: 13 } })).toThrow(
      "invalid user input: encountered the following errors: PIN length must be between 4 and 12",
    );
  });
});

// This test comes last, since it locks the account for all others.
test("a locked account is the official class of an expired session once, and then a call waits until its caller stops it", async () => {
  await client.call("session.lock", {});
  await expect(client.secrets.resolve("op://Demo/One/x")).rejects.toBeInstanceOf(sdk.DesktopSessionExpiredError);
  const stop = new AbortController();
  const begun = new Promise<void>((resolve) => client.onEvent((name) => name === "unlock.awaited" && resolve()));
  const waiting = client.secrets.resolve("op://Demo/One/x", { signal: stop.signal });
  await begun;
  stop.abort(new Error("enough"));
  await expect(waiting).rejects.toThrow("enough");
});
