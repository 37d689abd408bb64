// An answer can be lost on its way. The client then sends the same bytes again. A write that is sent twice leaves the store as if it was
// sent once, in process and over loopback.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newId, utf8 } from "../../protocol/crypto/encoding.ts";
import { newItemKey, type SealedItem, sealDeletion, sealItem } from "../../protocol/crypto/item.ts";
import { newKeyset } from "../../protocol/crypto/keyset.ts";
import { passwordChangeBytes } from "../../protocol/crypto/sign-in.ts";
import { ALL_PERMISSIONS, grantVaultKey, newVaultKey, sealVaultOverview } from "../../protocol/crypto/vault-key.ts";
import type { OperationName, OperationParams } from "../../protocol/service-catalogue.ts";
import {
  crypto,
  type Door,
  dump,
  inProcess,
  interleaved,
  newUser,
  type Opened,
  open,
  overLoopback,
  type User,
} from "./doors.ts";

describe.each([
  ["in process", () => inProcess() as Promise<Door>],
  ["on interleaved statements", () => interleaved() as Promise<Door>],
  ["over loopback", overLoopback],
])("sent twice %s,", (_way, start) => {
  let door: Door;
  let ada: User;
  let hers: Opened;
  const vault = newId(crypto);
  const vaultKey = newVaultKey(crypto);
  const item = newId(crypto);

  beforeAll(async () => {
    door = await start();
    ada = await newUser(door);
    hers = await open(door, ada);
    await hers.signedIn.session.call("vaults.create", newVault(vault));
    await hers.signedIn.session.call("items.put", { vault, item, sealed: revision(item, 1) });
  });
  afterAll(() => door.close());

  function newVault(id: string): OperationParams<"vaults.create"> {
    const { keyset } = hers.signedIn;
    const recipient = { identity: keyset.identity.publicKey, box: keyset.box.publicKey };
    const place = { account: ada.account, vault: id, vaultKey };
    return {
      vault: id,
      type: "userCreated",
      grant: grantVaultKey(crypto, { ...place, granter: keyset, recipient, permissions: ALL_PERMISSIONS }),
      overview: sealVaultOverview(crypto, { ...place, writer: keyset, revision: 1, content: utf8("{}") }),
    };
  }

  function revision(id: string, number: number): SealedItem {
    return sealItem(crypto, {
      place: { account: ada.account, vault, item: id },
      vaultKey,
      writer: hers.signedIn.keyset,
      revision: number,
      state: "active",
      itemKey: newItemKey(crypto),
      title: "DB",
      overview: utf8("{}"),
      details: utf8("{}"),
      files: [],
    });
  }

  function newAccount(): OperationParams<"accounts.create"> {
    const ids = { account: newId(crypto), user: newId(crypto), device: newId(crypto) };
    const { sealed } = newKeyset(crypto, crypto.randomBytes(32), ids.account, ids.user);
    return {
      ...ids,
      ...(door.registrationToken === undefined ? {} : { registrationToken: door.registrationToken }),
      signInKey: crypto.randomBytes(32).toBase64(),
      record: { rootKey: "AAAA", keyset: sealed, data: { revision: 1, sealed: "AAAA" } },
    };
  }

  const overviewOf = (number: number) =>
    sealVaultOverview(crypto, {
      account: ada.account,
      vault,
      vaultKey,
      writer: hers.signedIn.keyset,
      revision: number,
      content: utf8("{}"),
    });

  /** Sends a request twice. Returns both outcomes, and asserts that the second one changed nothing. */
  async function twice<N extends OperationName>(name: N, params: OperationParams<N>): Promise<unknown[]> {
    const first = await hers.signedIn.session.call(name, params);
    const after = dump(door.folder);
    const second = await hers.signedIn.session.call(name, params).catch((error: Error) => error.name);
    expect(dump(door.folder)).toBe(after);
    return [first, second];
  }

  const same: [OperationName, () => OperationParams<OperationName>][] = [
    ["accounts.create", newAccount],
    ["accounts.create", () => ({ ...newAccount(), restoring: true })],
    ["users.putData", () => ({ data: { revision: 2, sealed: "AAAA" } })],
    ["vaults.create", () => newVault(newId(crypto))],
    ["vaults.update", () => ({ vault, overview: overviewOf(2) })],
    ["items.put", () => ({ vault, item, sealed: revision(item, 2) })],
    [
      "items.putAll",
      () => {
        const ids = [newId(crypto), newId(crypto)];
        return { vault, items: ids.map((id) => ({ item: id, sealed: revision(id, 1) })) };
      },
    ],
    ["files.putChunk", () => ({ vault, item, file: newId(crypto), index: 0, sealed: "AAAA" })],
  ];

  test.each(same)("%s answers the same and changes nothing", async (name, params) => {
    const before = dump(door.folder);
    const [first, second] = await twice(name, params());
    expect(second).toEqual(first);
    expect(dump(door.folder)).not.toBe(before);
  });

  test("a deletion answers the same and changes nothing", async () => {
    const id = newId(crypto);
    await hers.signedIn.session.call("items.put", { vault, item: id, sealed: revision(id, 1) });
    const sealed = sealDeletion(crypto, {
      place: { account: ada.account, vault, item: id },
      vaultKey,
      writer: hers.signedIn.keyset,
      revision: 2,
    });
    const [first, second] = await twice("items.put", { vault, item: id, sealed });
    expect(second).toEqual(first);
  });

  test("deleting a vault finds it gone and changes nothing", async () => {
    const made = newVault(newId(crypto));
    await hers.signedIn.session.call("vaults.create", made);
    expect(await twice("vaults.delete", { vault: made.vault, revision: 1 })).toEqual([{}, "vaultNotFound"]);
  });

  test("removing a device answers the same and changes nothing", async () => {
    const cy = await newUser(door, "Cy");
    const device = newId(crypto);
    await open(door, { ...cy, device });
    const { session } = (await open(door, cy)).signedIn;
    await session.call("devices.remove", { device });
    const after = dump(door.folder);
    expect(await session.call("devices.remove", { device })).toEqual({});
    expect(dump(door.folder)).toBe(after);
  });

  test("a password change answers the same and changes nothing", async () => {
    const bea = await newUser(door, "Bea");
    const { session } = (await open(door, bea)).signedIn;
    const rootKey = crypto.randomBytes(100);
    const signInKey = crypto.randomBytes(32);
    const message = passwordChangeBytes({ account: bea.account, user: bea.user, rootKey, signInKey });
    const change = {
      rootKey: rootKey.toBase64(),
      signInKey: signInKey.toBase64(),
      signature: crypto.sign(session.signInKey(), message).toBase64(),
    };
    await session.call("users.changePassword", change);
    const after = dump(door.folder);
    await session.call("users.changePassword", change);
    expect(dump(door.folder)).toBe(after);
  });

  test("a repeated chunk of a file that a revision already names answers the same", async () => {
    const id = newId(crypto);
    const file = newId(crypto);
    const chunk = { vault, item: id, file, index: 0, sealed: "AAAA" };
    await hers.signedIn.session.call("files.putChunk", chunk);
    const named = sealItem(crypto, {
      place: { account: ada.account, vault, item: id },
      vaultKey,
      writer: hers.signedIn.keyset,
      revision: 1,
      state: "active",
      itemKey: newItemKey(crypto),
      title: "file",
      overview: utf8("{}"),
      details: utf8("{}"),
      files: [{ id: file, sealedKey: "AAAA", size: 1, chunks: 1, header: "AAAA" }],
    });
    await hers.signedIn.session.call("items.put", { vault, item: id, sealed: named });
    expect(await twice("files.putChunk", chunk)).toEqual([{}, {}]);
  });
});
