// A client with a valid session lies. Each lie is refused by name and changes nothing: a dump of every table but sessions and spent challenges stays
// the same byte for byte.
import { afterAll, beforeAll, expect, test } from "vitest";
import { newId, utf8 } from "../../protocol/crypto/encoding.ts";
import { newItemKey, type SealedItem, sealDeletion, sealItem } from "../../protocol/crypto/item.ts";
import { newKeyset } from "../../protocol/crypto/keyset.ts";
import { passwordChangeBytes, signInBytes, signInKeyPair } from "../../protocol/crypto/sign-in.ts";
import {
  ALL_PERMISSIONS,
  grantVaultKey,
  newVaultKey,
  type SealedVault,
  sealVaultOverview,
  type VaultGrant,
  type VaultKey,
} from "../../protocol/crypto/vault-key.ts";
import { type ErrorName, PosternError } from "../../protocol/errors.ts";
import type { OperationName, OperationParams, OperationResult } from "../../protocol/service-catalogue.ts";
import { serviceLimits } from "../../protocol/service-catalogue.ts";
import { CHALLENGE_MS } from "../../service/account/challenge.ts";
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
let bea: User;
let hers: Opened;
let other: Opened;
let vault: string;
let vaultKey: VaultKey;
let item: string;
let gone: string;
let sealed: SealedItem;
let othersVault: string;
let readable: string;
let token: string;
let withFile: string;
let grant: VaultGrant;
let firstOverview: SealedVault;
let spent: OperationParams<"signIn.finish">;

beforeAll(async () => {
  door = await inProcess();
  ada = await newUser(door);
  bea = await newUser(door, "Bea");
  hers = await open(door, ada);
  other = await open(door, bea);
  othersVault = (await other.account.createVault("Bea's", "")).id;
  // The test has this vault's key, so it can sign rows that a client must not sign.
  vault = newId(crypto);
  vaultKey = newVaultKey(crypto);
  const { keyset } = hers.signedIn;
  grant = grantOf(vault, ALL_PERMISSIONS);
  firstOverview = vaultOverview(1);
  await say("vaults.create", { vault, type: "userCreated", grant, overview: firstOverview });
  readable = newId(crypto);
  await say("vaults.create", {
    vault: readable,
    type: "userCreated",
    grant: grantOf(readable, permissions.readItems),
    overview: vaultOverview(1, readable),
  });
  item = newId(crypto);
  await say("items.put", { vault, item, sealed: revision(item, 1) });
  sealed = (await hers.signedIn.session.call("items.get", { vault, item })).sealed;
  gone = newId(crypto);
  await say("items.put", { vault, item: gone, sealed: revision(gone, 1) });
  await say("items.put", {
    vault,
    item: gone,
    sealed: sealDeletion(crypto, { place: place(gone), vaultKey, writer: keyset, revision: 2 }),
  });
  spent = await signInAnswer();
  token = (await door.call("signIn.finish", spent)).token;
  await say("files.putChunk", { vault, item, file: FILE, index: 0, sealed: "AAAA" });
  await say("files.putChunk", { vault, item, file: HEADLESS, index: 1, sealed: "AAAA" });
  withFile = newId(crypto);
  await say("files.putChunk", { vault, item: withFile, file: FILE, index: 0, sealed: "AAAA" });
  await say("items.put", { vault, item: withFile, sealed: revision(withFile, 1, { files: [header(FILE, 1)] }) });
});
afterAll(() => door.close());

const FILE = "a".repeat(26);
const HEADLESS = "b".repeat(26);
const place = (id: string) => ({ account: ada.account, vault, item: id });

function revision(id: string, number: number, more: Partial<Parameters<typeof sealItem>[1]> = {}): SealedItem {
  const content = { overview: utf8(JSON.stringify(overview("DB"))), details: utf8(JSON.stringify(details("x"))) };
  return sealItem(crypto, {
    place: place(id),
    vaultKey,
    writer: hers.signedIn.keyset,
    revision: number,
    state: "active",
    itemKey: newItemKey(crypto),
    title: "DB",
    ...content,
    files: [],
    ...more,
  });
}

function vaultOverview(number: number, id = vault, more: Partial<Parameters<typeof sealVaultOverview>[1]> = {}) {
  return sealVaultOverview(crypto, {
    account: ada.account,
    vault: id,
    vaultKey,
    writer: hers.signedIn.keyset,
    revision: number,
    content: utf8("{}"),
    ...more,
  });
}

function grantOf(id: string, permissions: number) {
  const { keyset } = hers.signedIn;
  const recipient = { identity: keyset.identity.publicKey, box: keyset.box.publicKey };
  return grantVaultKey(crypto, { account: ada.account, vault: id, vaultKey, granter: keyset, recipient, permissions });
}

function deletion(id: string, number: number): SealedItem {
  return sealDeletion(crypto, { place: place(id), vaultKey, writer: hers.signedIn.keyset, revision: number });
}

/** A request as Ada, without the checks of our own client. */
function say(name: string, params: object): Promise<unknown> {
  return hers.signedIn.session.call(name as OperationName, params as never);
}

const header = (id: string, chunks: number) => ({ id, sealedKey: "AAAA", size: chunks, chunks, header: "AAAA" });

const stranger = () => newKeyset(crypto, crypto.randomBytes(32), ada.account, ada.user).keyset;

function newVaultLie(change: (grant: ReturnType<typeof grantVaultKey>) => object) {
  const id = newId(crypto);
  const key = newVaultKey(crypto);
  const { keyset } = hers.signedIn;
  const recipient = { identity: keyset.identity.publicKey, box: keyset.box.publicKey };
  const grant = grantVaultKey(crypto, {
    account: ada.account,
    vault: id,
    vaultKey: key,
    granter: keyset,
    recipient,
    permissions: 1,
  });
  const own = sealVaultOverview(crypto, {
    account: ada.account,
    vault: id,
    vaultKey: key,
    writer: keyset,
    revision: 1,
    content: utf8("{}"),
  });
  return say("vaults.create", { vault: id, type: "userCreated", overview: own, grant: { ...grant, ...change(grant) } });
}

async function signInAnswer(change: object = {}): Promise<OperationParams<"signIn.finish">> {
  const ids = {
    account: ada.account,
    user: ada.user,
    device: ada.device,
    clientNonce: crypto.randomBytes(32).toBase64(),
  };
  const challenge = await door.call("signIn.start", ids);
  const bound = {
    origin: door.address.origin,
    ...ids,
    serverNonce: Uint8Array.fromBase64(challenge.serverNonce),
    clientNonce: Uint8Array.fromBase64(ids.clientNonce),
    expiresAt: challenge.expiresAt,
    ...change,
  };
  const signature = crypto.sign(hers.signedIn.session.signInKey(), signInBytes(bound)).toBase64();
  const answer = { ...ids, ...challenge, signature };
  return { ...answer, ...("device" in change ? { device: String(change.device) } : {}) };
}

function passwordChange(signer: Uint8Array, signInKey: Uint8Array) {
  const rootKey = crypto.randomBytes(100);
  const signature = crypto.sign(
    signer,
    passwordChangeBytes({ account: ada.account, user: ada.user, rootKey, signInKey }),
  );
  const parts = { rootKey, signInKey, signature };
  // It uses a token of its own. The client's session would sign in again, and the store would rightly record that.
  return raw(
    "users.changePassword",
    JSON.stringify(parts, (_key, part) => (part instanceof Uint8Array ? part.toBase64() : part)),
  );
}

/** Sends a body as text, with a valid session. No client of ours would send it. */
async function raw(name: string, body: string, headers: Record<string, string> = {}): Promise<unknown> {
  const request = new Request(`http://embedded.invalid/v1/${name}`, {
    method: "POST",
    body,
    headers: { "content-type": "application/json", authorization: `Bearer ${token}`, ...headers },
  });
  const response = await door.address.fetch(request);
  const answer = (await response.json()) as { error?: object };
  if (!response.ok) throw answer.error;
  return answer;
}

const signInSo = async (change: object) => door.call("signIn.finish", await signInAnswer(change));

const lies: Record<string, [ErrorName, () => Promise<unknown>]> = {
  "reading another account's vault": [
    "vaultNotFound",
    () => say("items.list", { vault: othersVault, active: true, archived: false, limit: 1 }),
  ],
  "reading names of another account's vault": [
    "vaultNotFound",
    () => say("items.overviews", { vault: othersVault, items: [item] }),
  ],
  "writing into another account's vault": [
    "vaultNotFound",
    () => say("items.put", { vault: othersVault, item, sealed: revision(item, 1) }),
  ],
  "renaming another account's vault": [
    "vaultNotFound",
    () => say("vaults.update", { vault: othersVault, overview: vaultOverview(2, othersVault) }),
  ],
  "deleting another account's vault": [
    "vaultNotFound",
    () => say("vaults.delete", { vault: othersVault, revision: 1 }),
  ],
  "a vault under an id that another account has": [
    "conflict",
    () =>
      say("vaults.create", {
        vault: othersVault,
        type: "userCreated",
        overview: vaultOverview(1, othersVault),
        grant: grantVaultKey(crypto, {
          account: ada.account,
          vault: othersVault,
          vaultKey,
          granter: hers.signedIn.keyset,
          recipient: { identity: hers.signedIn.keyset.identity.publicKey, box: hers.signedIn.keyset.box.publicKey },
          permissions: 1,
        }),
      }),
  ],
  "an item of a vault that is not there": ["vaultNotFound", () => say("items.get", { vault: newId(crypto), item })],
  "a revision that skips one": ["versionConflict", () => say("items.put", { vault, item, sealed: revision(item, 3) })],
  "a stored revision with other content": [
    "versionConflict",
    () => say("items.put", { vault, item, sealed: revision(item, 1) }),
  ],
  "a new item that starts at revision 2": [
    "versionConflict",
    () => {
      const id = newId(crypto);
      return say("items.put", { vault, item: id, sealed: revision(id, 2) });
    },
  ],
  "a revision signed by another writer": [
    "sealBroken",
    () => say("items.put", { vault, item, sealed: revision(item, 2, { writer: stranger() }) }),
  ],
  "another writer's name on the own signature": [
    "sealBroken",
    () =>
      say("items.put", {
        vault,
        item,
        sealed: { ...revision(item, 2), writer: stranger().identity.publicKey.toBase64() },
      }),
  ],
  "the signature of another item": [
    "sealBroken",
    () => say("items.put", { vault, item, sealed: { ...revision(item, 2), signature: sealed.signature } }),
  ],
  "a revision sealed for another item": [
    "sealBroken",
    () => say("items.put", { vault, item, sealed: revision(newId(crypto), 2) }),
  ],
  "a state that was not signed": [
    "sealBroken",
    () => say("items.put", { vault, item, sealed: { ...revision(item, 2), state: "archived" } }),
  ],
  "details that were not signed": [
    "sealBroken",
    () => say("items.put", { vault, item, sealed: { ...revision(item, 2), details: sealed.details } }),
  ],
  "an overview that was not signed": [
    "sealBroken",
    () => say("items.put", { vault, item, sealed: { ...revision(item, 2), overview: sealed.overview } }),
  ],
  "a tag that was not signed": [
    "sealBroken",
    () => say("items.put", { vault, item, sealed: { ...revision(item, 2), tag: crypto.randomBytes(16).toBase64() } }),
  ],
  "an item under another vault's key": [
    "sealBroken",
    () => say("items.put", { vault, item, sealed: revision(item, 2, { vaultKey: newVaultKey(crypto) }) }),
  ],
  "a deletion with content": [
    "sealBroken",
    () => say("items.put", { vault, item, sealed: { ...revision(item, 2), state: "deleted" } }),
  ],
  "a deletion that keeps its key": [
    "sealBroken",
    () => say("items.put", { vault, item, sealed: { ...deletion(item, 2), itemKey: sealed.itemKey } }),
  ],
  "a deletion that keeps its tag": [
    "sealBroken",
    () => say("items.put", { vault, item, sealed: { ...deletion(item, 2), tag: sealed.tag } }),
  ],
  "deleting an item that never was": [
    "itemNotFound",
    () => {
      const id = newId(crypto);
      return say("items.put", { vault, item: id, sealed: deletion(id, 1) });
    },
  ],
  "bringing a deleted item back": [
    "itemNotFound",
    () => say("items.put", { vault, item: gone, sealed: revision(gone, 3) }),
  ],
  "a file whose chunks are missing": [
    "fileNotFound",
    () => say("items.put", { vault, item, sealed: revision(item, 2, { files: [header(newId(crypto), 1)] }) }),
  ],
  "a file with more chunks than were written": [
    "fileNotFound",
    () => say("items.put", { vault, item, sealed: revision(item, 2, { files: [header(FILE, 2)] }) }),
  ],
  "a file that lacks its first chunk": [
    "fileNotFound",
    () => say("items.put", { vault, item, sealed: revision(item, 2, { files: [header(HEADLESS, 1)] }) }),
  ],
  "one more chunk of a file that a revision names": [
    "conflict",
    () => say("files.putChunk", { vault, item: withFile, file: FILE, index: 1, sealed: "AAAA" }),
  ],
  "other bytes for a chunk that is stored": [
    "conflict",
    () => say("files.putChunk", { vault, item, file: FILE, index: 0, sealed: "BBBB" }),
  ],
  "a chunk past the last": [
    "invalidParams",
    () => say("files.putChunk", { vault, item, file: FILE, index: serviceLimits.chunks, sealed: "AAAA" }),
  ],
  "reading a chunk of a file that no revision names": [
    "fileNotFound",
    () => say("files.getChunk", { vault, item, file: FILE, index: 0 }),
  ],
  "a grant to somebody else": [
    "sealBroken",
    () => newVaultLie(() => ({ recipient: stranger().identity.publicKey.toBase64() })),
  ],
  "a grant from somebody else": [
    "sealBroken",
    () => newVaultLie(() => ({ granter: stranger().identity.publicKey.toBase64() })),
  ],
  "a grant with more permissions than were signed": [
    "sealBroken",
    () => newVaultLie(() => ({ permissions: 0xffffffff })),
  ],
  "a grant of another epoch than was signed": ["sealBroken", () => newVaultLie(() => ({ epoch: 9 }))],
  "a vault's name that skips a revision": [
    "versionConflict",
    () => say("vaults.update", { vault, overview: vaultOverview(3) }),
  ],
  "a vault's name signed by a stranger": [
    "sealBroken",
    () =>
      say("vaults.update", {
        vault,
        overview: { ...vaultOverview(2), writer: stranger().identity.publicKey.toBase64() },
      }),
  ],
  "a vault's name by another writer, well signed": [
    "sealBroken",
    () => say("vaults.update", { vault, overview: vaultOverview(2, vault, { writer: stranger() }) }),
  ],
  "a vault's name under another key": [
    "sealBroken",
    () => say("vaults.update", { vault, overview: vaultOverview(2, vault, { vaultKey: newVaultKey(crypto) }) }),
  ],
  "a vault made again as another type": [
    "conflict",
    () => say("vaults.create", { vault, type: "personal", grant, overview: firstOverview }),
  ],
  "a vault made again with another grant": [
    "conflict",
    () => say("vaults.create", { vault, type: "userCreated", grant: grantOf(vault, 1), overview: firstOverview }),
  ],
  "writing an item with a grant to read": [
    "notPermitted",
    () => say("items.put", { vault: readable, item: newId(crypto), sealed: revision(item, 1) }),
  ],
  "writing a batch with a grant to read": [
    "notPermitted",
    async () => {
      const items = [{ item, sealed: revision(item, 1) }];
      const { outcomes } = (await say("items.putAll", { vault: readable, items })) as OperationResult<"items.putAll">;
      const [outcome] = outcomes;
      // Each item has its outcome. A refused one has its error in its place.
      if (outcome !== undefined && "error" in outcome) throw new PosternError(outcome.error as ErrorName);
    },
  ],
  "writing a chunk with a grant to read": [
    "notPermitted",
    () => say("files.putChunk", { vault: readable, item, file: FILE, index: 0, sealed: "AAAA" }),
  ],
  "renaming a vault with a grant to read": [
    "notPermitted",
    () => say("vaults.update", { vault: readable, overview: vaultOverview(2, readable) }),
  ],
  "deleting a vault with a grant to read": [
    "notPermitted",
    () => say("vaults.delete", { vault: readable, revision: 1 }),
  ],
  "deleting a vault of another revision": ["versionConflict", () => say("vaults.delete", { vault, revision: 7 })],
  "own data that skips a revision": [
    "versionConflict",
    () => say("users.putData", { data: { revision: 5, sealed: "AAAA" } }),
  ],
  "own data under a stored revision": [
    "versionConflict",
    () => say("users.putData", { data: { revision: 1, sealed: "AAAA" } }),
  ],
  "a password change signed by another key": [
    "wrongCredentials",
    () => passwordChange(signInKeyPair(crypto, crypto.randomBytes(32)).secretKey, crypto.randomBytes(32)),
  ],
  "a password change signed by the identity": [
    "wrongCredentials",
    () => passwordChange(hers.signedIn.keyset.identity.secretKey, crypto.randomBytes(32)),
  ],
  "a password change to a key of another size": [
    "invalidParams",
    () => passwordChange(hers.signedIn.session.signInKey(), crypto.randomBytes(31)),
  ],
  "removing another user's device": ["deviceNotFound", () => say("devices.remove", { device: bea.device })],
  "a nonce that was spent": ["wrongCredentials", () => door.call("signIn.finish", spent)],
  "a sign-in signed for another origin": ["wrongCredentials", () => signInSo({ origin: "https://elsewhere.example" })],
  "a sign-in signed for a later expiry": [
    "wrongCredentials",
    () => signInSo({ expiresAt: "2099-01-01T00:00:00.000Z" }),
  ],
  "a sign-in as another device than was challenged": ["wrongCredentials", () => signInSo({ device: newId(crypto) })],
  "a sign-in of a restore to an account that is whole": [
    "conflict",
    async () => door.call("signIn.finish", { ...(await signInAnswer()), restoring: true }),
  ],
  "a sign-in of a restore that is signed for another origin": [
    "wrongCredentials",
    async () =>
      door.call("signIn.finish", { ...(await signInAnswer({ origin: "https://elsewhere.example" })), restoring: true }),
  ],
  "an answer to a challenge that has run out": [
    "wrongCredentials",
    async () => {
      const answer = await signInAnswer();
      door.advance(CHALLENGE_MS + 1);
      return door.call("signIn.finish", answer);
    },
  ],
  "a token that nobody was given": ["wrongCredentials", () => door.call("users.get", {}, { token: "AAAA" })],
  "no token": ["wrongCredentials", () => door.call("users.get", {})],
  "an operation that is not there": ["methodNotFound", () => say("users.become", {})],
  "a field that nobody asked for": ["invalidParams", () => say("items.get", { vault, item, admin: true })],
  "an id that is none": ["invalidParams", () => say("items.get", { vault: "../../etc", item })],
  "a second spelling of base64": [
    "invalidParams",
    () => say("users.putData", { data: { revision: 2, sealed: "QR==" } }),
  ],
  "a chunk in a second spelling": [
    "invalidParams",
    () => say("files.putChunk", { vault, item, file: newId(crypto), index: 0, sealed: "QR==" }),
  ],
  "a key named __proto__": [
    "invalidParams",
    () => raw("items.get", `{"__proto__":{},"vault":"${vault}","item":"${item}"}`),
  ],
  "a body that is no JSON": ["parseError", () => raw("items.get", "{")],
  "a body that is a list": ["invalidParams", () => raw("items.get", "[]")],
  "no body": ["parseError", () => raw("items.get", "")],
  "a body that a web page could post": [
    "invalidRequest",
    () => raw("items.get", JSON.stringify({ vault, item }), { "content-type": "text/plain" }),
  ],
  "a name of every object as operation": ["methodNotFound", () => raw("constructor", "{}")],
  "base64 that is none": ["invalidParams", () => say("items.find", { vault, tag: "&&&&" })],
  "a page past the limit": [
    "invalidParams",
    () => say("items.list", { vault, active: true, archived: false, limit: serviceLimits.page + 1 }),
  ],
  "a batch past the limit": [
    "invalidParams",
    () => say("items.getAll", { vault, items: Array.from({ length: serviceLimits.batch + 1 }, () => item) }),
  ],
  "overviews past the limit": [
    "invalidParams",
    () => say("items.overviews", { vault, items: Array.from({ length: serviceLimits.batch + 1 }, () => item) }),
  ],
  "a body past the limit": ["tooLarge", () => say("items.get", { vault, item: "x".repeat(serviceLimits.bodyBytes) })],
  "a cursor that is a number": ["invalidParams", () => say("events.wait", { cursor: 1_000_000 as never, waitMs: 0 })],
  "an account whose user is another account's": ["conflict", () => newAccount({ user: ada.user })],
  "an account whose device is another user's": ["conflict", () => newAccount({ device: bea.device })],
  "an account with a sign-in key of another size": [
    "invalidParams",
    () => newAccount({ signInKey: crypto.randomBytes(31).toBase64() }),
  ],
  "an account whose identity did not sign its box key": [
    "serviceRefused",
    () => newAccount({}, { box: stranger().box.publicKey.toBase64() }),
  ],
  "an account that exists, with other keys": [
    "conflict",
    () =>
      door.call("accounts.create", {
        account: ada.account,
        user: ada.user,
        device: newId(crypto),
        signInKey: crypto.randomBytes(32).toBase64(),
        record: { ...freshRecord(), data: { revision: 1, sealed: "AAAA" } },
      }),
  ],
};

function newAccount(change: object, keyset: object = {}) {
  const record = { ...freshRecord(), data: { revision: 1, sealed: "AAAA" } };
  return door.call("accounts.create", {
    account: newId(crypto),
    user: newId(crypto),
    device: newId(crypto),
    signInKey: crypto.randomBytes(32).toBase64(),
    ...change,
    record: { ...record, keyset: { ...record.keyset, ...keyset } },
  });
}

function freshRecord() {
  return { rootKey: "AAAA", keyset: newKeyset(crypto, crypto.randomBytes(32), ada.account, ada.user).sealed };
}

test.each(Object.entries(lies))("%s is refused and leaves the store as it was", async (_lie, [name, tell]) => {
  const before = dump(door.folder);
  await expect(tell()).rejects.toMatchObject({ name });
  expect(dump(door.folder)).toBe(before);
});

test("the same requests are believed when they are true", async () => {
  await signInSo({});
  await raw("items.get", JSON.stringify({ vault, item }));
  await newAccount({});
  await say("vaults.create", { vault, type: "userCreated", grant, overview: firstOverview });
  await say("vaults.update", { vault, overview: vaultOverview(2) });
  const id = newId(crypto);
  await say("items.put", { vault, item: id, sealed: revision(id, 1) });
  await say("items.put", { vault, item: id, sealed: deletion(id, 2) });
});

test("the dump does change when something is true", async () => {
  const before = dump(door.folder);
  await say("items.put", { vault, item, sealed: revision(item, 2) });
  expect(dump(door.folder)).not.toBe(before);
});

test("a batch with a lie in it stores the rest and names the lie", async () => {
  const [one, two] = [newId(crypto), newId(crypto)];
  const { outcomes } = (await say("items.putAll", {
    vault,
    items: [
      { item: one, sealed: revision(one, 1) },
      { item: two, sealed: revision(two, 2) },
    ],
  })) as { outcomes: object[] };
  expect(outcomes).toEqual([
    { createdAt: expect.any(String), updatedAt: expect.any(String) },
    { error: "versionConflict" },
  ]);
  await expect(say("items.get", { vault, item: two })).rejects.toMatchObject({ name: "itemNotFound" });
});
