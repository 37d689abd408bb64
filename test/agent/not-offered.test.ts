// An agent with an account that lacks some abilities. Each method of a missing ability says so, and all others work.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Channel } from "../../clients/typescript/channel.ts";
import { offered } from "../../daemon/account/account.ts";
import type { Capability } from "../../daemon/account/capabilities.ts";
import { sealedAccount } from "../../daemon/session/sealed-account.ts";
import { catalogue, type MethodName, type ParamsOf } from "../../protocol/catalogue.ts";
import { memoryAccount } from "../daemon/account/memory-account.ts";
import { type MemoryStore, memoryStore } from "../daemon/account/memory-store.ts";
import { type InProcessAgent, passing, startInProcess } from "./in-process.ts";
import { attachPerson, makeAccount, PASSWORD, type Person } from "./person.ts";

let agent: InProcessAgent;
let channel: Channel;
let person: Person;
let store: MemoryStore;
let ids: { vaultId: string; itemId: string };
const settle = <T>(promise: Promise<T>) => passing(agent, promise);
const call: Channel["call"] = (method, params) => settle(channel.call(method, params));

async function begin(running: InProcessAgent): Promise<void> {
  agent = running;
  await settle(makeAccount(agent));
  person = await settle(attachPerson(agent));
  person.always("yes");
  channel = await agent.connect();
}

async function end(): Promise<void> {
  person.leave();
  channel.close();
  await agent.close();
}

const fields = [{ id: "password", title: "password", fieldType: "Concealed" as const, value: "s3cret" }];
const nothing: readonly Capability[] = ["files", "history", "environments", "feed"];

describe("of an account that has vaults and items alone,", () => {
  beforeAll(async () => {
    await begin(
      await startInProcess(undefined, undefined, ({ open }) => {
        store = memoryStore(open.id);
        return memoryAccount(store, nothing);
      }),
    );
    const { id: vaultId } = await call("vaults.create", { title: "Demo" });
    const item = { vaultId, title: "DB", category: "Password" as const, fields };
    ids = { vaultId, itemId: (await call("items.create", { item })).id };
  });
  afterAll(end);

  /** Values that an example cannot have: the test's vault, item and password. */
  const paramsOf = (method: MethodName): object => {
    const params = catalogue[method].example.params as Record<string, unknown>;
    const here: Record<string, unknown> = {
      ...ids,
      password: PASSWORD,
      proof: { kind: "password", password: PASSWORD },
    };
    return Object.fromEntries(Object.entries(params).map(([name, value]) => [name, here[name] ?? value]));
  };

  test.each<MethodName>([
    "files.attach",
    "files.read",
    "files.delete",
    "files.replaceDocument",
    "files.openRead",
    "files.openWrite",
    "items.history",
    "items.restore",
    "environments.list",
    "environments.create",
    "environments.getVariables",
    "environments.set",
    "environments.unset",
    "environments.delete",
    "items.shares.getAccountPolicy",
    "items.shares.create",
    "shares.list",
    "shares.revoke",
    "groups.list",
    "groups.get",
    "groups.create",
    "groups.update",
    "groups.delete",
    "groups.members",
    "vaults.grantGroupPermissions",
    "vaults.updateGroupPermissions",
    "vaults.revokeGroupPermissions",
    "serviceAccounts.create",
    "serviceAccounts.list",
    "serviceAccounts.rotate",
    "serviceAccounts.revoke",
  ])("%s is not offered", async (method) => {
    await expect(call(method, paramsOf(method) as ParamsOf<typeof method>)).rejects.toMatchObject({
      errorName: "notOffered",
    });
  });

  test("no item comes with a file", async () => {
    const document = { name: "a.txt", content: "AAEC" };
    const item = { vaultId: ids.vaultId, title: "Paper", category: "Document" as const, document };
    await expect(call("items.create", { item })).rejects.toMatchObject({ errorName: "notOffered" });
    const { items } = await call("items.list", { vaultId: ids.vaultId });
    expect(items.map(({ title }) => title)).toEqual(["DB"]);
  });

  test("a reference to a file that came from elsewhere is refused, and the others are answered", async () => {
    const whole = memoryAccount(store);
    const upload = offered(whole, "files").uploadToNew(ids.vaultId);
    const file = upload.write();
    await file.push(new TextEncoder().encode("text"), true);
    const document = { name: "a.txt", ...file.end() };
    const empty = { fields: [], sections: [], notes: "", files: [], tags: [], websites: [] };
    await whole.createItem(ids.vaultId, { ...empty, title: "Elsewhere", category: "Document", document }, upload);
    const references = ["op://Demo/Elsewhere/a.txt", "op://Demo/DB/password"];
    const { outcomes } = await call("secrets.resolveAll", { references });
    expect(outcomes).toMatchObject([{ error: { name: "notOffered" } }, { secret: "s3cret" }]);
  });

  test("nothing is answered from memory, since nobody says when it changes", async () => {
    const reference = "op://Demo/DB/password";
    for (let time = 0; time < 2; time++)
      expect(await call("secrets.resolve", { reference })).toMatchObject({ secret: "s3cret", cached: false });
    const { links } = await call("agent.status", {});
    expect(links).toEqual([]);
  });
});

test("a token of an account that limits no requests is told so", async () => {
  await begin(
    await startInProcess(undefined, undefined, (parts) =>
      parts.byToken ? memoryAccount(memoryStore(parts.open.id)) : sealedAccount(parts),
    ),
  );
  const { id: vault } = await call("vaults.create", { title: "Demo" });
  const vaults = [{ vault, permissions: ["read_items"] }];
  const { token } = await call("serviceAccounts.create", { password: PASSWORD, title: "CI", vaults });
  const { client } = await call("clients.open", { token, integrationName: "test", integrationVersion: "1" });
  await expect(call("serviceAccounts.rateLimit", { client })).rejects.toMatchObject({ errorName: "notOffered" });
  await end();
});
