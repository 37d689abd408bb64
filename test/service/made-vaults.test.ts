// Vaults that a service account makes: its person comes to them with every right and signs them anew, and no maker can claim, hide or
// spoil a vault that is not its own.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type OpenAccount, openAccount } from "../../clients/account/open-account.ts";
import { UNREADABLE_NAME } from "../../clients/account/sealed-names.ts";
import type { SignedIn } from "../../clients/account/signed-in.ts";
import { signInWithToken } from "../../clients/account/user-keys.ts";
import { permissionBits as bits, everyPermission } from "../../protocol/access/permission-names.ts";
import { parseToken } from "../../protocol/access/service-account-token.ts";
import { fields, newId, SUITE, toBase64, utf8 } from "../../protocol/crypto/encoding.ts";
import { MADE_VAULT_PERMISSIONS, madeVaultId, SALT_BYTES } from "../../protocol/crypto/made-vault.ts";
import { grantVaultKey, newVaultKey, sealVaultOverview, type VaultKey } from "../../protocol/crypto/vault-key.ts";
import { type OperationParams, serviceLimits } from "../../protocol/service-catalogue.ts";
import { backupOf, restore } from "../account/restored.ts";
import {
  crypto,
  details,
  type InProcess,
  inProcess,
  interleaved,
  newUser,
  type Opened,
  open,
  overview,
  type User,
} from "./doors.ts";

const named = (name: string) => expect.objectContaining({ name });
const READ = bits.READ_ITEMS | bits.REVEAL_ITEM_PASSWORD;

type Bearer = { readonly account: OpenAccount; readonly signedIn: SignedIn; readonly id: string };

let door: InProcess;
let ada: User;
let opened: Opened;
let account: OpenAccount;
let ci: Bearer;

async function enter(text: string): Promise<Bearer> {
  const token = parseToken(text);
  const signedIn = await signInWithToken(crypto, door.call, door.address, token);
  const id = token.serviceAccount;
  return { signedIn, id, account: openAccount(crypto, token.account, id, signedIn) };
}

async function newBearer(makesVaults = true, vaults: { id: string; permissions: number }[] = []): Promise<Bearer> {
  const { token } = await account.serviceAccounts.create({ title: "CI", vaults, makesVaults });
  return enter(token);
}

async function begin(at: InProcess): Promise<void> {
  door = at;
  ada = await newUser(door);
  opened = await open(door, ada);
  ({ account } = opened);
  ci = await newBearer();
}

beforeEach(async () => begin(await inProcess()));
afterEach(async () => {
  ci.account.close();
  account.close();
  await door.close();
});

/** Titles as the service has them now. */
const titles = async (of: OpenAccount) => (await of.vaultsNow()).vaults.map(({ title }) => title);
const secretOf = (one: { details: { fields: readonly { value: string }[] } }) => one.details.fields[0]?.value;
const signers = async (of: SignedIn) =>
  (await of.session.call("vaults.list", {})).vaults.map(({ grants, overview: { writer } }) => [
    ...grants.map(({ grant }) => grant.granter),
    writer,
  ]);

describe("a vault that a service account makes", () => {
  test("is its person's too, with every right, and both read what the other writes", async () => {
    const made = await ci.account.createVault("Builds", "by CI");
    const [seen] = (await account.vaultsNow()).vaults;
    expect(seen).toMatchObject({ id: made.id, title: "Builds", description: "by CI", permissions: everyPermission });
    expect(made.permissions).toBe(MADE_VAULT_PERMISSIONS);
    const byCi = await ci.account.createItem(made.id, overview("A"), details("from ci"));
    const byAda = await account.createItem(made.id, overview("B"), details("from ada"));
    expect(secretOf(await account.getItem(made.id, byCi.id))).toBe("from ci");
    ci.account.forgetVaults();
    expect(secretOf(await ci.account.getItem(made.id, byAda.id))).toBe("from ada");
  });

  test("is signed anew by the person, so that no signature of the maker is left", async () => {
    await ci.account.createVault("Builds", "");
    const own = toBase64(opened.signedIn.keyset.identity.publicKey);
    expect(await signers(opened.signedIn)).not.toEqual([[own, own]]);
    await account.vaultsNow();
    expect(await signers(opened.signedIn)).toEqual([[own, own]]);
    const [vault] = await account.vaults();
    const members = await account.members.list(vault?.id ?? "");
    expect(members).toContainEqual({ kind: "serviceAccount", id: ci.id, permissions: MADE_VAULT_PERMISSIONS });
    expect(members).toContainEqual({ kind: "user", id: ada.user, permissions: everyPermission });
  });

  test("is renamed and deleted by its maker, also after the person signed it", async () => {
    const { id } = await ci.account.createVault("Builds", "");
    await account.vaultsNow();
    ci.account.forgetVaults();
    await ci.account.updateVault(id, { title: "Nightly" });
    expect(await titles(account)).toEqual(["Nightly"]);
    ci.account.forgetVaults();
    await ci.account.deleteVault(id);
    expect(await titles(account)).toEqual([]);
  });

  test("is renamed, shared and deleted by the person", async () => {
    const { id } = await ci.account.createVault("Builds", "");
    await account.vaultsNow();
    await account.updateVault(id, { title: "Nightly" });
    const cd = await newBearer(false, [{ id, permissions: READ }]);
    expect(await titles(cd.account)).toEqual(["Nightly"]);
    ci.account.forgetVaults();
    await ci.account.updateVault(id, { title: "By its maker" });
    // Before the person has signed the new name.
    expect(await titles(cd.account)).toEqual(["By its maker"]);
    await account.vaultsNow();
    await account.deleteVault(id);
    expect(await titles(ci.account)).toEqual([]);
    cd.account.close();
  });

  test("gets a key that its maker has not once the maker is revoked, seen before or not", async () => {
    const seen = await ci.account.createVault("Seen", "");
    await account.vaultsNow();
    const unseen = await ci.account.createVault("Unseen", "");
    await account.serviceAccounts.revoke(ci.id);
    for (const { id } of [seen, unseen]) {
      const { grants } =
        (await opened.signedIn.session.call("vaults.list", {})).vaults.find(({ vault }) => vault === id) ?? {};
      expect(grants?.map(({ grant }) => grant.epoch)).toEqual([2]);
      expect(await account.members.list(id)).toEqual([{ kind: "user", id: ada.user, permissions: everyPermission }]);
    }
    expect((await titles(account)).sort()).toEqual(["Seen", "Unseen"]);
  });

  test("is signed anew by one of two devices, and both see it", async () => {
    account.close();
    ci.account.close();
    await door.close();
    await begin(await interleaved());
    await ci.account.createVault("Builds", "");
    const other = await open(door, ada);
    expect(await Promise.all([titles(account), titles(other.account)])).toEqual([["Builds"], ["Builds"]]);
    other.account.close();
  });
});

/** The request of a maker, for sending it changed. */
function request(maker: Bearer, content = utf8(JSON.stringify({ title: "T", description: "" }))) {
  const { keyset } = maker.signedIn;
  const salt = toBase64(crypto.randomBytes(SALT_BYTES));
  const vault = madeVaultId(crypto, ada.account, toBase64(keyset.identity.publicKey), salt);
  const vaultKey = newVaultKey(crypto);
  const person = opened.signedIn.keyset;
  const given = { account: ada.account, vault, vaultKey, granter: keyset };
  const toPerson = { identity: person.identity.publicKey, box: person.box.publicKey };
  const toMaker = { identity: keyset.identity.publicKey, box: keyset.box.publicKey };
  const grant = grantVaultKey(crypto, { ...given, recipient: toMaker, permissions: MADE_VAULT_PERMISSIONS });
  const others = [
    {
      kind: "user" as const,
      principal: ada.user,
      grant: grantVaultKey(crypto, { ...given, recipient: toPerson, permissions: everyPermission }),
    },
  ];
  const sealed = sealVaultOverview(crypto, {
    account: ada.account,
    vault,
    vaultKey,
    writer: keyset,
    revision: 1,
    content,
  });
  return { vaultKey, params: { vault, salt, type: "userCreated" as const, grant, others, overview: sealed } };
}

type Params = OperationParams<"vaults.create">;

describe("the service refuses to a service account", () => {
  test("to make a vault without the right, and the person sees none", async () => {
    const cd = await newBearer(false);
    await expect(cd.account.createVault("Mine", "")).rejects.toThrow(named("notPermitted"));
    const { params } = request(cd);
    await expect(cd.signedIn.session.call("vaults.create", params)).rejects.toThrow(named("notPermitted"));
    expect(await titles(account)).toEqual([]);
    cd.account.close();
  });

  test.each<[string, string, (honest: Params) => Params]>([
    ["a vault without the salt of its id", "sealBroken", ({ salt: _salt, ...rest }) => rest],
    ["a vault with another salt", "sealBroken", (it) => ({ ...it, salt: toBase64(crypto.randomBytes(SALT_BYTES)) })],
    ["a personal vault", "notPermitted", (it) => ({ ...it, type: "personal" })],
    ["an environment", "notPermitted", (it) => ({ ...it, type: "environment" })],
    ["a vault that its person cannot open", "sealBroken", (it) => ({ ...it, others: [] })],
    ["a vault granted twice", "sealBroken", (it) => ({ ...it, others: [...(it.others ?? []), ...(it.others ?? [])] })],
  ])("%s", async (_what, name, changed) => {
    const { params } = request(ci);
    await expect(ci.signedIn.session.call("vaults.create", changed(params))).rejects.toThrow(named(name));
    expect(await titles(account)).toEqual([]);
    // The honest one is taken.
    await ci.signedIn.session.call("vaults.create", params);
    expect(await titles(account)).toEqual(["T"]);
  });

  test("more rights than a maker has, and less for its person", async () => {
    const { keyset } = ci.signedIn;
    const { params, vaultKey } = request(ci);
    const given = { account: ada.account, vault: params.vault, vaultKey, granter: keyset };
    const recipient = { identity: keyset.identity.publicKey, box: keyset.box.publicKey };
    const grant = grantVaultKey(crypto, { ...given, recipient, permissions: everyPermission });
    const create = (changed: Params) => ci.signedIn.session.call("vaults.create", changed);
    await expect(create({ ...params, grant })).rejects.toThrow(named("sealBroken"));
    const person = opened.signedIn.keyset;
    const toPerson = { identity: person.identity.publicKey, box: person.box.publicKey };
    const less = grantVaultKey(crypto, { ...given, recipient: toPerson, permissions: READ });
    const others = [{ kind: "user" as const, principal: ada.user, grant: less }];
    await expect(create({ ...params, others })).rejects.toThrow(named("sealBroken"));
  });

  test("to rename or delete a vault that it only writes to", async () => {
    const { id } = await account.createVault("Ada's", "");
    const cd = await newBearer(true, [{ id, permissions: MADE_VAULT_PERMISSIONS }]);
    await expect(cd.account.updateVault(id, { title: "CI's" })).rejects.toThrow(named("notPermitted"));
    await expect(cd.account.deleteVault(id)).rejects.toThrow(named("notPermitted"));
    cd.account.close();
  });

  test("to touch a vault that another service account made", async () => {
    const cd = await newBearer();
    const { id } = await ci.account.createVault("Builds", "");
    await expect(cd.signedIn.session.call("vaults.delete", { vault: id, revision: 1 })).rejects.toThrow(
      named("vaultNotFound"),
    );
    cd.account.close();
  });

  test(`a vault past ${serviceLimits.vaultsOfMaker} that it made, until one of them is deleted`, async () => {
    const maker = () => ci.signedIn.session.call("vaults.create", request(ci).params);
    const first = request(ci).params;
    await ci.signedIn.session.call("vaults.create", first);
    for (let made = 1; made < serviceLimits.vaultsOfMaker; made++) await maker();
    await expect(maker()).rejects.toThrow(named("tooLarge"));
    await ci.signedIn.session.call("vaults.delete", { vault: first.vault, revision: 1 });
    await maker();
  });
});

test("a person's new vault has no salt", async () => {
  const { params } = request({ ...ci, signedIn: opened.signedIn });
  const create = opened.signedIn.session.call("vaults.create", { ...params, others: [] });
  await expect(create).rejects.toThrow(named("sealBroken"));
});

test("a maker's repeated request changes nothing, before and after the person signed", async () => {
  const { params } = request(ci);
  const once = await ci.signedIn.session.call("vaults.create", params);
  expect(await ci.signedIn.session.call("vaults.create", params)).toEqual(once);
  await account.vaultsNow();
  expect((await ci.signedIn.session.call("vaults.create", params)).createdAt).toBe(once.createdAt);
  expect(await titles(account)).toEqual(["T"]);
});

describe("a maker cannot spoil the person's other vaults", () => {
  beforeEach(async () => {
    await account.createVault("Ada's", "");
  });

  test.each<[string, Uint8Array]>([
    ["names that are no JSON", utf8("{")],
    ["names that are no texts", utf8(JSON.stringify({ title: 7, description: "" }))],
    ["names that are null", utf8("null")],
    ["names that are no UTF-8", new Uint8Array([0x7b, 0xff])],
  ])("with %s: the vault has a name that says so, and the person may rename and delete it", async (_what, content) => {
    const { params } = request(ci, content);
    await ci.signedIn.session.call("vaults.create", params);
    expect((await titles(account)).sort()).toEqual([UNREADABLE_NAME, "Ada's"]);
    await account.createItem(params.vault, overview("A"), details("x"));
    await account.updateVault(params.vault, { title: "Renamed" });
    await account.deleteVault(params.vault);
    expect((await opened.signedIn.session.call("vaults.list", {})).vaults.length).toBe(1);
  });

  test("with names sealed under a suite that nobody knows", async () => {
    const { params } = request(ci);
    const { keyset } = ci.signedIn;
    const sealed = toBase64(new Uint8Array([2]));
    const unsigned = { ...params.overview, sealed };
    const { revision, keyId, writer } = unsigned;
    const parts = [ada.account, params.vault, revision, keyId, sealed, writer];
    const message = fields("postern/1 vault overview", SUITE, ...parts);
    const signature = toBase64(crypto.sign(keyset.identity.secretKey, message));
    await ci.signedIn.session.call("vaults.create", { ...params, overview: { ...unsigned, signature } });
    expect((await titles(account)).sort()).toEqual([UNREADABLE_NAME, "Ada's"]);
    await account.serviceAccounts.revoke(ci.id);
    await account.deleteVault(params.vault);
    expect(await titles(account)).toEqual(["Ada's"]);
  });

  test("with a key that the person cannot open: the vault is left out, and can be deleted at once after a sign-in", async () => {
    const { params, vaultKey } = request(ci);
    const { keyset } = ci.signedIn;
    // Sealed to the maker in the person's place, under the person's name.
    const own = { identity: opened.signedIn.keyset.identity.publicKey, box: keyset.box.publicKey };
    const given = { account: ada.account, vault: params.vault, vaultKey, granter: keyset };
    const grant = grantVaultKey(crypto, { ...given, recipient: own, permissions: everyPermission });
    const others = [{ kind: "user" as const, principal: ada.user, grant }];
    await ci.signedIn.session.call("vaults.create", { ...params, others });
    expect(await titles(account)).toEqual(["Ada's"]);
    await expect(account.createItem(params.vault, overview("A"), details("x"))).rejects.toThrow(named("vaultNotFound"));
    const fresh = await open(door, ada);
    await fresh.account.deleteVault(params.vault);
    fresh.account.close();
    expect((await opened.signedIn.session.call("vaults.list", {})).vaults.length).toBe(1);
  });

  test("with a new name that does not open: the person keeps the items, and the revocation gives a new key", async () => {
    const { vaultKey, params } = request(ci);
    await ci.signedIn.session.call("vaults.create", params);
    await account.vaultsNow();
    const item = await account.createItem(params.vault, overview("A"), details("ada's"));
    await rename(vaultKey, params.vault, 3, utf8("no names"));
    expect((await titles(account)).sort()).toEqual([UNREADABLE_NAME, "Ada's"]);
    await account.serviceAccounts.revoke(ci.id);
    const { grants } =
      (await opened.signedIn.session.call("vaults.list", {})).vaults.find(({ vault }) => vault === params.vault) ?? {};
    expect(grants?.map(({ grant }) => grant.epoch)).toEqual([2]);
    expect(secretOf(await account.getItem(params.vault, item.id))).toBe("ada's");
  });

  test("with words of its own beside the names: the person signs the names alone", async () => {
    const { params } = request(ci, utf8(JSON.stringify({ title: "T", description: "", extra: 1 })));
    await ci.signedIn.session.call("vaults.create", params);
    expect((await titles(account)).sort()).toEqual(["Ada's", "T"]);
    const lines = await backupOf(opened, ada);
    const elsewhere = await inProcess();
    await restore(elsewhere, ada, lines);
    await elsewhere.close();
  });

  test("with a title or an id of theirs: both still mean the person's vault", async () => {
    const [ours] = await account.vaults();
    await ci.account.createVault("ada's", "");
    await ci.account.createVault(ours?.id ?? "", "");
    account.forgetVaults();
    expect(await account.matchVaults("Ada's")).toEqual([ours?.id]);
    expect(await account.matchVaults(ours?.id ?? "")).toEqual([ours?.id]);
  });

  test("is found at once where the list is known, so that a warm read waits for nothing", async () => {
    account.forgetVaults();
    expect(account.matchVaults("Ada's")).toBeInstanceOf(Promise);
    const [ours] = await account.vaults();
    expect(account.matchVaults("ADA'S")).toEqual([ours?.id]);
    expect(account.matchVaults("Nobody's")).toEqual([]);
    const changing = account.updateVault(ours?.id ?? "", { title: "Hers" });
    expect(account.matchVaults("Hers")).toEqual([]);
    await changing;
    expect(await account.matchVaults("Ada's")).toEqual([]);
    expect(await account.matchVaults("Hers")).toEqual([ours?.id]);
  });

  async function rename(vaultKey: VaultKey, vault: string, revision: number, content: Uint8Array): Promise<void> {
    const writer = ci.signedIn.keyset;
    const sealed = sealVaultOverview(crypto, { account: ada.account, vault, vaultKey, writer, revision, content });
    await ci.signedIn.session.call("vaults.update", { vault, overview: sealed });
  }
});

test("a backup is not made without a vault that its maker has just renamed", async () => {
  const { id } = await ci.account.createVault("Builds", "");
  await account.vaultsNow();
  ci.account.forgetVaults();
  await ci.account.updateVault(id, { title: "Nightly" });
  await expect(backupOf(opened, ada)).rejects.toThrow(named("busy"));
  await account.vaultsNow();
  expect((await backupOf(opened, ada)).filter((line) => line.startsWith('{"kind":"vault"')).length).toBe(1);
});

describe("a maker without all of its rights", () => {
  test("renames and deletes nothing", async () => {
    const { id } = await ci.account.createVault("Builds", "");
    await account.vaultsNow();
    await account.members.grant(id, [{ kind: "serviceAccount", id: ci.id, permissions: READ }]);
    ci.account.forgetVaults();
    await expect(ci.account.updateVault(id, { title: "X" })).rejects.toThrow(named("notPermitted"));
    await expect(ci.account.deleteVault(id)).rejects.toThrow(named("notPermitted"));
  });

  test("learns nothing of a vault that it lost by a repeated request", async () => {
    const { params } = request(ci);
    await ci.signedIn.session.call("vaults.create", params);
    await account.vaultsNow();
    await account.members.remove(params.vault, ci.id);
    await expect(ci.signedIn.session.call("vaults.create", params)).rejects.toThrow(named("vaultNotFound"));
  });
});

describe("a maker and a service that lies", () => {
  /** Puts the maker's own grants and names under another vault's row, as only the service can. */
  async function plant(vault: string, of: ReturnType<typeof request>): Promise<void> {
    const { params, vaultKey } = of;
    const { keyset } = ci.signedIn;
    const given = { account: ada.account, vault, vaultKey, granter: keyset };
    const person = opened.signedIn.keyset;
    const recipient = { identity: person.identity.publicKey, box: person.box.publicKey };
    const grant = grantVaultKey(crypto, { ...given, recipient, permissions: everyPermission });
    const content = utf8(JSON.stringify({ title: "Ada's", description: "" }));
    const sealed = sealVaultOverview(crypto, {
      account: ada.account,
      vault,
      vaultKey,
      writer: keyset,
      revision: 1,
      content,
    });
    const columns = {
      key_id: Uint8Array.fromBase64(grant.keyId),
      made_by: ci.id,
      made_salt: Uint8Array.fromBase64(params.salt),
      overview: Uint8Array.fromBase64(sealed.sealed),
      writer: Uint8Array.fromBase64(sealed.writer),
      signature: Uint8Array.fromBase64(sealed.signature),
      revision: 1,
    };
    await door.store.db.updateTable("vaults").set(columns).where("id", "=", vault).execute();
    await door.store.db
      .updateTable("vault_grants")
      .set({
        key_id: Uint8Array.fromBase64(grant.keyId),
        epoch: grant.epoch,
        granter: Uint8Array.fromBase64(grant.granter),
        sealed: Uint8Array.fromBase64(grant.sealed),
        signature: Uint8Array.fromBase64(grant.signature),
      })
      .where("vault", "=", vault)
      .execute();
  }

  test("cannot give a vault of the person a key of theirs", async () => {
    const { id } = await account.createVault("Ada's", "");
    await plant(id, request(ci));
    const fresh = await open(door, ada);
    expect(await titles(fresh.account)).toEqual([]);
    await expect(fresh.account.createItem(id, overview("A"), details("secret"))).rejects.toThrow(
      named("vaultNotFound"),
    );
    fresh.account.close();
  });

  test("cannot lead a title of the person to a vault of the maker", async () => {
    const { id: ours } = await account.createVault("Ada's", "");
    const { id: theirs } = await ci.account.createVault("Ada's", "");
    await account.vaultsNow();
    const { db } = door.store;
    const made = await db.selectFrom("vaults").selectAll().where("id", "=", theirs).executeTakeFirstOrThrow();
    await db
      .updateTable("vaults")
      .set({ made_by: made.made_by, made_salt: made.made_salt })
      .where("id", "=", ours)
      .execute();
    await db.updateTable("vaults").set({ made_by: null, made_salt: null }).where("id", "=", theirs).execute();
    const fresh = await open(door, ada);
    // Both have the title, and neither is preferred.
    expect((await fresh.account.matchVaults("Ada's")).sort()).toEqual([ours, theirs].sort());
    fresh.account.close();
  });

  test.each(["environment", "personal"])("cannot make of its vault one of the type %s", async (type) => {
    await ci.account.createVault("Builds", "");
    await door.store.db.updateTable("vaults").set({ type }).where("made_by", "=", ci.id).execute();
    expect(await titles(account)).toEqual([]);
    expect(await account.environments.list()).toEqual([]);
  });

  test("cannot give a vault its first key again, neither the same nor another, once its maker was revoked", async () => {
    const made = request(ci);
    const { vault } = made.params;
    await ci.signedIn.session.call("vaults.create", made.params);
    await account.vaultsNow();
    await account.serviceAccounts.revoke(ci.id);
    await plant(vault, made);
    const fresh = await open(door, ada);
    expect(await titles(fresh.account)).toEqual([]);
    fresh.account.close();
    await plant(vault, { ...request(ci), params: made.params });
    const again = await open(door, ada);
    expect(await titles(again.account)).toEqual([]);
    again.account.close();
    // In this session the later key is known too.
    expect(await titles(account)).toEqual([]);
  });

  test("cannot give the right to a service account that was made without it", async () => {
    const cd = await newBearer(false);
    await door.store.db.updateTable("service_accounts").set({ makes_vaults: 1 }).where("user", "=", cd.id).execute();
    await cd.signedIn.session.call("vaults.create", request(cd).params);
    expect(await titles(account)).toEqual([]);
    cd.account.close();
  });
});

test("another's vault id is one of the hash, and of no other identity", () => {
  const salt = toBase64(crypto.randomBytes(SALT_BYTES));
  const id = madeVaultId(crypto, ada.account, "AAAA", salt);
  expect(id).toMatch(/^[a-z2-7]{26}$/);
  expect(madeVaultId(crypto, ada.account, "AAAB", salt)).not.toBe(id);
  expect(madeVaultId(crypto, newId(crypto), "AAAA", salt)).not.toBe(id);
});
