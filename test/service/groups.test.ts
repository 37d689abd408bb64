// Groups, grants and new vault keys at the service and in the client: the rights of each permission bit, the answers to forged requests, and
// revocations. A revocation leaves nothing under the old key, even if it was interrupted.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type OpenAccount, openAccount } from "../../clients/account/open-account.ts";
import { permissionBits as bits, everyPermission } from "../../protocol/access/permission-names.ts";
import { newId, utf8 } from "../../protocol/crypto/encoding.ts";
import { newGroup, sealGroupOverview } from "../../protocol/crypto/group.ts";
import { newKeyset } from "../../protocol/crypto/keyset.ts";
import { grantVaultKey, newVaultKey, sealVaultOverview } from "../../protocol/crypto/vault-key.ts";
import type { OperationName, OperationParams } from "../../protocol/service-catalogue.ts";
import { permissions } from "../../service/vault/permission.ts";
import {
  crypto,
  details,
  dump,
  type InProcess,
  inProcess,
  newUser,
  type Opened,
  open,
  overview,
  type User,
} from "./doors.ts";

let door: InProcess;
let ada: User;
let opened: Opened;
let account: OpenAccount;
let vault: string;
let group: string;

beforeEach(async () => {
  door = await inProcess();
  ada = await newUser(door);
  opened = await open(door, ada);
  ({ account } = opened);
  vault = (await account.createVault("Demo", "")).id;
  await account.groups.builtIn("owners");
  group = (await account.groups.create("Operations", "")).id;
});
afterEach(async () => {
  account.close();
  await door.close();
});

const call = <N extends OperationName>(name: N, params: OperationParams<N>) =>
  opened.signedIn.session.call(name, params);
const named = (name: string) => expect.objectContaining({ name });
const READ = bits.READ_ITEMS | bits.REVEAL_ITEM_PASSWORD;

/** Reduces the only user's rights, as a grant by another user would. */
async function mayOnly(permitted: number): Promise<void> {
  await door.store.db.updateTable("vault_grants").set({ permissions: permitted }).where("vault", "=", vault).execute();
}

describe("a permission bit", () => {
  const place = () => ({ vault, item: newId(crypto) });
  const does: [string, number, () => Promise<unknown>][] = [
    ["reads overviews", bits.READ_ITEMS, () => call("items.list", { vault, active: true, archived: false, limit: 1 })],
    ["reads named overviews", bits.READ_ITEMS, () => call("items.overviews", { vault, items: [newId(crypto)] })],
    ["reads details", READ, () => call("items.getAll", { vault, items: [newId(crypto)] })],
    ["finds by tag", READ, () => call("items.find", { vault, tag: "AAAAAAAAAAAAAAAAAAAAAA==" })],
    ["makes items", bits.CREATE_ITEMS, () => account.createItem(vault, overview("T"), details("v"))],
    [
      "reads history",
      bits.READ_ITEMS | bits.UPDATE_ITEM_HISTORY,
      () => call("items.versions", { vault, item: place().item }),
    ],
    ["names the vault", bits.MANAGE_VAULT, () => account.updateVault(vault, { title: "Other" })],
    ["deletes the vault", bits.MANAGE_VAULT, () => account.deleteVault(vault)],
    [
      "grants",
      bits.MANAGE_VAULT,
      () => account.members.grant(vault, [{ kind: "group", id: group, permissions: READ }]),
    ],
    ["wraps anew", bits.MANAGE_VAULT, () => call("items.stale", { vault, limit: 1 })],
  ];

  test.each(does)("%s, and without it that is refused", async (_what, needed, act) => {
    await mayOnly(everyPermission & ~needed);
    await expect(act()).rejects.toThrow(named("notPermitted"));
    await mayOnly(needed);
    // The service accepts it. A client that then reads the list sees that the grant differs from the signed one.
    const outcome = await act().then(
      () => "done",
      (error: Error) => error.name,
    );
    expect(["done", "sealBroken"]).toContain(outcome);
  });

  test.each([
    ["changing", permissions.updateItems, "active"],
    ["archiving", permissions.archiveItems, "archived"],
  ] as const)("%s an item has its own", async (_what, needed, state) => {
    const item = await account.createItem(vault, overview("T"), details("1"));
    await mayOnly(everyPermission & ~needed);
    const next = { ...item, state };
    await expect(account.putItem(vault, item.id, 1, next)).rejects.toThrow(named("notPermitted"));
    await mayOnly(READ | needed);
    expect((await account.putItem(vault, item.id, 1, next)).revision).toBe(2);
  });

  test("deleting has its own too, in a batch as alone", async () => {
    const item = await account.createItem(vault, overview("T"), details("1"));
    await mayOnly(everyPermission & ~bits.DELETE_ITEMS);
    await expect(account.deleteItem(vault, item.id)).rejects.toThrow(named("notPermitted"));
    expect(await account.deleteItems(vault, [item.id])).toEqual([{ error: "notPermitted" }]);
    await mayOnly(READ | bits.DELETE_ITEMS);
    expect(await account.deleteItems(vault, [item.id])).toEqual([{ deleted: true }]);
  });
});

describe("a group", () => {
  test("gives its members the rights that it was granted", async () => {
    await account.members.grant(vault, [{ kind: "group", id: group, permissions: READ }]);
    await door.store.db.deleteFrom("vault_grants").where("principal", "=", ada.user).execute();
    account.forgetVaults();
    expect((await account.vaults()).find(({ id }) => id === vault)).toMatchObject({ title: "Demo", permissions: READ });
    await expect(account.createItem(vault, overview("T"), details("v"))).rejects.toThrow(named("notPermitted"));
  });

  test("that is built in exists once, and cannot be deleted", async () => {
    const owners = await account.groups.builtIn("owners");
    expect((await account.groups.builtIn("owners")).id).toBe(owners.id);
    await expect(account.groups.delete(owners.id)).rejects.toThrow(named("notPermitted"));
    const place = { account: ada.account, group: newId(crypto) };
    const made = newGroup(crypto, { place, type: "owners", maker: opened.signedIn.keyset });
    const sealed = sealGroupOverview(crypto, {
      place,
      open: made.open,
      writer: opened.signedIn.keyset,
      revision: 1,
      content: utf8("{}"),
    });
    const { keys, membership } = made;
    const second = { group: place.group, type: "owners" as const, keys, membership, overview: sealed };
    await expect(call("groups.create", second)).rejects.toThrow(named("conflict"));
  });

  test("made by a stranger, or with a stranger's parts, is refused and changes nothing", async () => {
    const { keyset } = opened.signedIn;
    const stranger = newKeyset(crypto, crypto.keep(crypto.randomBytes(32)), ada.account, ada.user).keyset;
    const place = { account: ada.account, group: newId(crypto) };
    const fair = newGroup(crypto, { place, type: "userDefined", maker: keyset });
    const foul = newGroup(crypto, { place, type: "userDefined", maker: stranger });
    const content = utf8('{"title":"x","description":""}');
    const named1 = sealGroupOverview(crypto, { place, open: fair.open, writer: keyset, revision: 1, content });
    const named2 = sealGroupOverview(crypto, { place, open: fair.open, writer: keyset, revision: 2, content });
    const foreign = sealGroupOverview(crypto, { place, open: foul.open, writer: stranger, revision: 1, content });
    const request = { group: place.group, type: "userDefined" as const, keys: fair.keys, membership: fair.membership };
    const before = dump(door.folder);
    for (const lie of [
      { ...request, overview: named1, keys: foul.keys },
      { ...request, overview: named1, keys: { ...fair.keys, box: foul.keys.box } },
      { ...request, overview: named1, membership: foul.membership },
      { ...request, overview: named1, type: "administrators" as const },
      { ...request, overview: named2 },
      { ...request, overview: foreign },
    ])
      await expect(call("groups.create", lie)).rejects.toThrow(named("sealBroken"));
    expect(dump(door.folder)).toBe(before);
    await call("groups.create", { ...request, overview: named1 });
    // The same again changes nothing.
    const after = dump(door.folder);
    await call("groups.create", { ...request, overview: named1 });
    expect(dump(door.folder)).toBe(after);
  });

  test("is closed to another account", async () => {
    const eve = await open(door, await newUser(door, "Eve"));
    await expect(eve.signedIn.session.call("groups.access", { group })).rejects.toThrow(named("groupNotFound"));
    await expect(eve.signedIn.session.call("groups.delete", { group })).rejects.toThrow(named("groupNotFound"));
    expect(await eve.account.groups.entries()).toEqual([]);
    eve.account.close();
  });
});

describe("a grant is refused", () => {
  const grantOf = async (change: object) => {
    const vaultKey = newVaultKey(crypto);
    const { keyset } = opened.signedIn;
    const recipient = await account.groups.recipient(group);
    const made = grantVaultKey(crypto, {
      account: ada.account,
      vault,
      vaultKey,
      granter: keyset,
      recipient,
      permissions: READ,
    });
    return { kind: "group" as const, principal: group, grant: { ...made, ...change } };
  };
  test.each([
    ["of another key than the vault's", {}],
    ["with more permissions than were signed", { permissions: everyPermission }],
    ["from another granter", { granter: "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=" }],
    ["to another identity", { recipient: "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=" }],
  ])("%s", async (_what, change) => {
    const before = dump(door.folder);
    await expect(call("vaults.grant", { vault, grants: [await grantOf(change)] })).rejects.toThrow(named("sealBroken"));
    expect(dump(door.folder)).toBe(before);
  });

  test("to a group that is not there", async () => {
    const grant = { ...(await grantOf({})), principal: newId(crypto) };
    await expect(call("vaults.grant", { vault, grants: [grant] })).rejects.toThrow(named("groupNotFound"));
  });
});

describe("a revocation", () => {
  async function filled(count: number): Promise<string[]> {
    await account.members.grant(vault, [{ kind: "group", id: group, permissions: READ }]);
    const ids: string[] = [];
    for (let made = 0; made < count; made += 100) {
      const items = Array.from({ length: Math.min(100, count - made) }, (_, index) => ({
        id: newId(crypto),
        overview: overview(`item ${made + index}`),
        details: details(`${made + index}`),
      }));
      await account.createItems(vault, items);
      ids.push(...items.map(({ id }) => id));
    }
    return ids;
  }
  const grants = () => door.store.db.selectFrom("vault_grants").selectAll().where("vault", "=", vault).execute();
  const keysUsed = async () => {
    const rows = await Promise.all(
      (["items", "item_versions"] as const).map((table) =>
        door.store.db.selectFrom(table).select("key_id").where("vault", "=", vault).execute(),
      ),
    );
    return new Set(rows.flat().map(({ key_id: key }) => Buffer.from(key).toString("hex")));
  };

  test("puts everything under a new key: items, their history and what was deleted", async () => {
    const [first = "", second = ""] = await filled(230);
    const item = await account.getItem(vault, first);
    await account.putItem(vault, first, 1, { ...item, details: details("changed") });
    await account.deleteItem(vault, second);
    const before = await keysUsed();
    await account.members.remove(vault, group);
    const after = await keysUsed();
    expect([before.size, after.size, new Set([...before, ...after]).size]).toEqual([1, 1, 2]);
    expect((await grants()).map(({ principal, epoch }) => [principal, epoch])).toEqual([[ada.user, 2]]);
    expect((await account.getItem(vault, first)).details.fields[0]?.value).toBe("changed");
    expect((await account.findItems(vault, "ITEM 7"))[0]?.details.fields[0]?.value).toBe("7");
    expect(await account.listItems(vault, { active: true, archived: true })).toHaveLength(229);
    await expect(account.getItem(vault, second)).rejects.toThrow(named("itemNotFound"));
    // And in another session, with nothing in memory.
    const again = await open(door, ada);
    expect((await again.account.getItem(vault, first)).revision).toBe(2);
    again.account.close();
  });

  test("that was cut off leaves the group without the vault, everything readable, and goes on at the next write", async () => {
    const [first = ""] = await filled(3);
    const { session } = opened.signedIn;
    let cut = 0;
    const cutting = {
      ...opened.signedIn,
      session: {
        ...session,
        call: ((name: OperationName, params: never, signal?: AbortSignal) => {
          if (name !== "items.rewrap") return session.call(name, params, signal);
          cut++;
          return Promise.reject(new Error("the power went"));
        }) as typeof session.call,
      },
    };
    const before = openAccount(crypto, ada.account, ada.user, cutting);
    await expect(before.members.remove(vault, group)).rejects.toThrow("the power went");
    expect(cut).toBe(1);
    expect(new Set((await grants()).map(({ principal }) => principal))).toEqual(new Set([ada.user]));
    expect((await account.groups.access(group)).vaults).toEqual([]);

    account.forgetVaults();
    expect((await account.getItem(vault, first)).details.fields[0]?.value).toBe("0");
    expect(await account.findItems(vault, "item 1")).toHaveLength(1);
    expect(await grants()).toHaveLength(2);
    await account.createItem(vault, overview("after"), details("v"));
    expect(await grants()).toHaveLength(1);
    expect((await keysUsed()).size).toBe(1);
    expect(await account.listItems(vault, { active: true, archived: false })).toHaveLength(4);
  });

  test("is never half: a new key that leaves out its maker, changes rights or is not new is refused", async () => {
    await filled(1);
    const { keyset } = opened.signedIn;
    const own = { identity: keyset.identity.publicKey, box: keyset.box.publicKey };
    const recipient = await account.groups.recipient(group);
    const next = newVaultKey(crypto, 2);
    const place = { account: ada.account, vault, vaultKey: next };
    const content = new TextEncoder().encode("{}");
    const named2 = sealVaultOverview(crypto, { ...place, writer: keyset, revision: 2, content });
    const grant = (to: typeof own, permitted: number, vaultKey = next) =>
      grantVaultKey(crypto, { ...place, vaultKey, granter: keyset, recipient: to, permissions: permitted });
    const mine = (permitted = everyPermission, key = next) => ({
      kind: "user" as const,
      principal: ada.user,
      grant: grant(own, permitted, key),
    });
    const theirs = (permitted: number) => ({
      kind: "group" as const,
      principal: group,
      grant: grant(recipient, permitted),
    });
    const before = dump(door.folder);
    for (const grants of [
      [theirs(READ)],
      [mine(READ)],
      [mine(), theirs(everyPermission)],
      [mine(everyPermission, newVaultKey(crypto, 3))],
    ])
      await expect(call("vaults.rekey", { vault, grants, overview: named2 })).rejects.toThrow(named("sealBroken"));
    expect(dump(door.folder)).toBe(before);
  });

  test("wraps only what was signed, and only under the vault's own key", async () => {
    const [item = ""] = await filled(1);
    const { items } = await call("items.stale", { vault, limit: 10 });
    expect(items).toEqual([]);
    const stored = (await call("items.get", { vault, item })).sealed;
    const { keyId, itemKey, tag, writer, signature, revision } = stored;
    const rewrap = { item, revision, keyId, itemKey, tag, writer, signature };
    const before = dump(door.folder);
    for (const lie of [
      { ...rewrap, tag: "AAAAAAAAAAAAAAAAAAAAAA==" },
      { ...rewrap, keyId: newVaultKey(crypto).id },
      {
        ...rewrap,
        writer: newKeyset(crypto, crypto.keep(crypto.randomBytes(32)), ada.account, ada.user).sealed.identity,
      },
    ])
      await expect(call("items.rewrap", { vault, rewraps: [lie] })).rejects.toThrow(named("sealBroken"));
    await expect(call("items.rewrap", { vault, rewraps: [{ ...rewrap, revision: 9 }] })).rejects.toThrow(
      named("itemNotFound"),
    );
    expect(dump(door.folder)).toBe(before);
  });
});
