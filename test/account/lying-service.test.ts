// A lying service. It stands between an honest store and the account client and alters one answer. It may use
// everything it has: other rows, older rows, its own keys, even a leaked vault key. The client refuses each lie by
// name, and accepts the true answer to the same request.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { OpenedItem } from "../../clients/account/item-rows.ts";
import { type OpenAccount, openAccount } from "../../clients/account/open-account.ts";
import { createServiceClient } from "../../clients/account/service-client.ts";
import { signIn } from "../../clients/account/user-keys.ts";
import { newId, utf8 } from "../../protocol/crypto/encoding.ts";
import { FILE_CHUNK_BYTES } from "../../protocol/crypto/file.ts";
import { newItemKey, type SealedItem, sealItem } from "../../protocol/crypto/item.ts";
import { newKeyset } from "../../protocol/crypto/keyset.ts";
import { grantVaultKey, newVaultKey, openVaultGrant, sealVaultOverview } from "../../protocol/crypto/vault-key.ts";
import type { ErrorName } from "../../protocol/errors.ts";
import type { OperationName, OperationResult } from "../../protocol/service-catalogue.ts";
import {
  crypto,
  details,
  type InProcess,
  inProcess,
  newUser,
  type Opened,
  open,
  overview,
  PASSWORD,
  type User,
} from "../service/doors.ts";

type Answer<N extends OperationName> = OperationResult<N>;
type StoredItem = Answer<"items.get">;
type StoredVault = Answer<"vaults.list">["vaults"][number];
type UserRecord = Answer<"users.get">;

let door: InProcess;
let ada: User;
let lied: Opened;
let alter: { name: OperationName; change: (answer: never) => unknown } | undefined;

let vault: string;
let otherVault: string;
let itemA: OpenedItem;
let itemB: OpenedItem;
let elsewhere: OpenedItem;
let storedA: StoredItem;
let olderA: StoredItem;
let storedB: StoredItem;
let storedElsewhere: StoredItem;
let archived: StoredItem;
let others: UserRecord;
const FILE_BYTES = FILE_CHUNK_BYTES + 3;

/** The honest service with one altered answer. */
async function lyingFetch(request: Request): Promise<Response> {
  const response = await door.address.fetch(request);
  if (alter === undefined || !request.url.endsWith(`/v1/${alter.name}`) || !response.ok) return response;
  return Response.json(alter.change((await response.json()) as never));
}

function lying() {
  const address = { origin: door.address.origin, fetch: lyingFetch };
  return { ...door, address, call: createServiceClient(address) };
}

beforeAll(async () => {
  door = await inProcess();
  ada = await newUser(door);
  const { account, signedIn } = await open(door, ada);
  const get = (item: OpenedItem) => signedIn.session.call("items.get", { vault: item.vault, item: item.id });
  vault = (await account.createVault("Here", "")).id;
  otherVault = (await account.createVault("There", "")).id;
  const made = await withFile(account);
  olderA = await get(made);
  const content = { overview: overview("A"), details: details("newer"), files: made.files, state: "active" } as const;
  itemA = await account.putItem(vault, made.id, 1, content);
  storedA = await get(itemA);
  itemB = await account.createItem(vault, overview("B"), details("b"));
  storedB = await get(itemB);
  elsewhere = await account.createItem(otherVault, overview("A"), details("there"));
  storedElsewhere = await get(elsewhere);
  const old = await account.createItem(vault, overview("Old"), details("o"));
  await account.putItem(vault, old.id, 1, { ...content, overview: overview("Old"), files: [], state: "archived" });
  archived = await get(old);
  others = (await open(door, await newUser(door, "Bea"))).signedIn.record;
  lied = await open(lying(), ada);
});
beforeEach(() => {
  alter = undefined;
});
afterAll(() => door.close());

async function withFile(account: OpenAccount): Promise<OpenedItem> {
  const id = newId(crypto);
  const itemKey = account.newItemKey();
  const stream = account.writeFile({ vault, item: id }, itemKey);
  const content = new Uint8Array(FILE_BYTES).fill(7);
  await stream.push(content.subarray(0, FILE_CHUNK_BYTES), false);
  await stream.push(content.subarray(FILE_CHUNK_BYTES), true);
  return account.createItem(vault, overview("A"), details("older"), { id, itemKey, files: [stream.end()] });
}

/** Flips one bit of base64 bytes. By default it flips the first byte, which in an envelope is the suite. */
function flip(base64: string, at = 0): string {
  const bytes = Uint8Array.fromBase64(base64);
  bytes[at] = (bytes[at] ?? 0) ^ 2;
  return bytes.toBase64();
}

const cut = (base64: string) => Uint8Array.fromBase64(base64).slice(0, -1).toBase64();
const stranger = () => newKeyset(crypto, crypto.randomBytes(32), ada.account, ada.user).keyset;

/** The vault's key, as if the service had learned it. */
async function leakedKey() {
  const { keyset, session } = lied.signedIn;
  const { vaults } = await session.call("vaults.list", {});
  const grant = vaults.find((one) => one.vault === vault)?.grants[0]?.grant;
  if (grant === undefined) throw new Error("the vault is not listed");
  const pinnedGranters = [keyset.identity.publicKey];
  return openVaultGrant(crypto, { account: ada.account, vault, grant, keyset, pinnedGranters });
}

/** Gives the first answer again to every request. */
function again<A>(change: (honest: A) => unknown): (honest: A) => unknown {
  let first: unknown;
  return (honest) => {
    first ??= change(honest);
    return first;
  };
}

type Lie<A> = [ErrorName, (honest: A) => unknown];

function lies<N extends OperationName>(name: N, ask: () => Promise<unknown>, table: Record<string, Lie<Answer<N>>>) {
  describe(name, () => {
    test("is believed while it tells the truth", async () => {
      await ask();
    });
    test.each(Object.entries(table))("%s is refused", async (_lie, [refusal, change]) => {
      alter = { name, change: change as (answer: never) => unknown };
      await expect(ask()).rejects.toMatchObject({ name: refusal });
    });
  });
}

const item =
  (change: (sealed: SealedItem) => Partial<SealedItem>) =>
  (answer: StoredItem): StoredItem => ({ ...answer, sealed: { ...answer.sealed, ...change(answer.sealed) } });

lies("items.get", () => lied.account.getItem(vault, itemA.id), {
  "another item of the vault": ["sealBroken", () => storedB],
  "another item under the asked id": ["sealBroken", (a) => ({ ...storedB, item: a.item })],
  "an item of another vault under the asked id": ["sealBroken", (a) => ({ ...storedElsewhere, item: a.item })],
  "older details under a newer overview": ["sealBroken", item(() => ({ details: olderA.sealed.details }))],
  "older details with their digest": [
    "sealBroken",
    item(() => ({ details: olderA.sealed.details, detailsDigest: olderA.sealed.detailsDigest })),
  ],
  "an older overview under a newer revision": ["sealBroken", item(() => ({ overview: olderA.sealed.overview }))],
  "overview and details exchanged": [
    "sealBroken",
    item((sealed) => ({ overview: sealed.details, details: sealed.overview })),
  ],
  "another item's details": ["sealBroken", item(() => ({ details: storedB.sealed.details }))],
  "another item's key": ["sealBroken", item(() => ({ itemKey: storedB.sealed.itemKey }))],
  "another item's signature": ["sealBroken", item(() => ({ signature: storedB.sealed.signature }))],
  "an altered signature": ["sealBroken", item((sealed) => ({ signature: flip(sealed.signature) }))],
  "no signature": ["sealBroken", item(() => ({ signature: "" }))],
  "a later revision number": ["sealBroken", item((sealed) => ({ revision: sealed.revision + 1 }))],
  "an older revision number": ["sealBroken", item(() => ({ revision: 1 }))],
  "a state that nobody signed": ["sealBroken", item(() => ({ state: "archived" }))],
  "a deletion that nobody signed": ["sealBroken", item(() => ({ state: "deleted" }))],
  "an empty deletion that nobody signed": [
    "sealBroken",
    item(() => ({ state: "deleted", overview: "", details: "", itemKey: "", tag: "", files: [] })),
  ],
  "another vault key's id": ["sealBroken", item(() => ({ keyId: storedElsewhere.sealed.keyId }))],
  "another tag": ["sealBroken", item(() => ({ tag: storedB.sealed.tag }))],
  "details cut short": ["sealBroken", item((sealed) => ({ details: cut(sealed.details) }))],
  "no details": ["sealBroken", item(() => ({ details: "" }))],
  "an overview cut short": ["sealBroken", item((sealed) => ({ overview: cut(sealed.overview) }))],
  "details of an unknown suite under an old signature": [
    "sealBroken",
    item((sealed) => ({ details: flip(sealed.details) })),
  ],
  "files left out": ["sealBroken", item(() => ({ files: [] }))],
  "a file's size changed": [
    "sealBroken",
    item(({ files }) => ({ files: files.map((file) => ({ ...file, size: file.size + 1 })) })),
  ],
  "a writer that nobody knows": ["sealBroken", item(() => ({ writer: stranger().identity.publicKey.toBase64() }))],
});

lies("items.getVersion", () => lied.account.getItemVersion(vault, itemA.id, 1), {
  "another version than was asked for": ["sealBroken", () => storedA],
  "another version under the asked number": [
    "sealBroken",
    () => ({ ...storedA, sealed: { ...storedA.sealed, revision: 1 } }),
  ],
  "another item": ["sealBroken", () => storedB],
  "another item under the asked id": ["sealBroken", (a) => ({ ...storedB, item: a.item })],
  "newer details under the older version": ["sealBroken", item(() => ({ details: storedA.sealed.details }))],
  "a deletion that nobody signed": ["sealBroken", item(() => ({ state: "deleted" }))],
  "a writer that nobody knows": ["sealBroken", item(() => ({ writer: stranger().identity.publicKey.toBase64() }))],
});

lies("items.versions", () => lied.account.itemVersions(vault, itemA.id), {
  "a version twice": ["serviceRefused", ({ versions }) => ({ versions: [...versions, ...versions] })],
  "versions in another order": [
    "serviceRefused",
    ({ versions: [one] }) => ({ versions: [one, { revision: 2, updatedAt: one?.updatedAt }] }),
  ],
});

describe("with the vault's key leaked to it, the service", () => {
  test("cannot write as somebody whose identity is not pinned", async () => {
    const forged = sealItem(crypto, {
      place: { account: ada.account, vault, item: itemA.id },
      vaultKey: await leakedKey(),
      writer: stranger(),
      revision: 3,
      state: "active",
      itemKey: newItemKey(crypto),
      title: "A",
      overview: utf8(JSON.stringify(overview("A"))),
      details: utf8(JSON.stringify(details("forged"))),
      files: [],
    });
    alter = { name: "items.get", change: (answer: StoredItem) => ({ ...answer, sealed: forged }) };
    await expect(lied.account.getItem(vault, itemA.id)).rejects.toMatchObject({ name: "sealBroken" });
  });
});

describe("a revision that is not the writer's", () => {
  const content = { overview: overview("A"), details: details("x"), files: [], state: "active" } as const;

  test("gets no successor signed on top of it", async () => {
    alter = { name: "items.get", change: item(() => ({ revision: 90 })) as never };
    await expect(lied.account.putItem(vault, itemA.id, 90, content)).rejects.toMatchObject({ name: "sealBroken" });
  });

  test("gets no deletion signed on top of it", async () => {
    alter = { name: "items.get", change: item(() => ({ revision: 90 })) as never };
    await expect(lied.account.deleteItem(vault, itemA.id)).rejects.toMatchObject({ name: "sealBroken" });
  });
});

lies("items.getAll", () => lied.account.getItems(vault, [itemA.id]), {
  "an item that nobody asked for": ["sealBroken", () => ({ items: [storedB] })],
  "one item twice": ["sealBroken", ({ items }) => ({ items: [...items, ...items] })],
  "another item under the asked id": ["sealBroken", ({ items }) => ({ items: [{ ...storedB, item: items[0]?.item }] })],
  "a deletion that nobody signed": [
    "sealBroken",
    ({ items }) => ({ items: items.map(item(() => ({ state: "deleted" }))) }),
  ],
});

lies("items.find", () => lied.account.findItems(vault, "A"), {
  "an item of another title": ["sealBroken", () => ({ items: [storedB] })],
  "an item of another title under this tag": [
    "sealBroken",
    () => ({ items: [item(() => ({ tag: storedA.sealed.tag }))(storedB)] }),
  ],
  "an item of this title in another vault": ["sealBroken", () => ({ items: [storedElsewhere] })],
  "an altered item": [
    "sealBroken",
    () => ({ items: [item((one) => ({ overview: flip(one.overview, 40) }))(storedA)] }),
  ],
});

lies("items.find", () => lied.account.findItems(vault, "Old"), {
  "an archived item, as a reference must not find it": ["sealBroken", () => ({ items: [archived] })],
});

const list =
  (change: (items: Answer<"items.list">["items"]) => unknown[]) =>
  <A extends Pick<Answer<"items.list">, "items">>(answer: A) => ({ ...answer, items: change(answer.items) });

lies("items.list", () => lied.account.listItems(vault, { active: true, archived: false }), {
  "the same page for ever": ["sealBroken", again((answer) => ({ ...answer, more: true }))],
  "an empty page that claims more": ["sealBroken", () => ({ items: [], more: true })],
  "one item twice on a page": ["sealBroken", list((items) => items.flatMap((one) => [one, one]))],
  "a page out of order": ["sealBroken", list((items) => items.toReversed())],
  "two items' overviews swapped": [
    "sealBroken",
    list((items) => items.map((one, index) => ({ ...one, sealed: items[(index + 1) % items.length]?.sealed }))),
  ],
  "an archived item among the active": ["sealBroken", list(() => [overviewOf(archived)])],
  "a deleted item": [
    "sealBroken",
    list((items) => items.map((one) => ({ ...one, sealed: { ...one.sealed, state: "deleted" } }))),
  ],
  "an older overview under a newer revision": [
    "sealBroken",
    list((items) =>
      items.map((one) =>
        one.item === itemA.id ? { ...one, sealed: { ...one.sealed, overview: olderA.sealed.overview } } : one,
      ),
    ),
  ],
  "an item of another vault": ["sealBroken", list(() => [overviewOf(storedElsewhere)])],
});

lies("items.overviews", () => lied.account.getOverviews(vault, [itemA.id]), {
  "an item that nobody asked for": ["sealBroken", () => ({ items: [overviewOf(storedB)] })],
  "one item twice": ["sealBroken", list((items) => [...items, ...items])],
  "another item under the asked id": [
    "sealBroken",
    list((items) => items.map((one) => ({ ...overviewOf(storedB), item: one.item }))),
  ],
  "a deleted item": [
    "sealBroken",
    list((items) => items.map((one) => ({ ...one, sealed: { ...one.sealed, state: "deleted" } }))),
  ],
  "an older overview under a newer revision": [
    "sealBroken",
    list((items) => items.map((one) => ({ ...one, sealed: { ...one.sealed, overview: olderA.sealed.overview } }))),
  ],
});

function overviewOf({ sealed: { details: _details, ...sealed }, ...stored }: StoredItem) {
  return { ...stored, sealed };
}

const vaults = (change: (here: StoredVault, there: StoredVault) => unknown[]) => (answer: Answer<"vaults.list">) => {
  const here = answer.vaults.find((one) => one.vault === vault);
  const there = answer.vaults.find((one) => one.vault === otherVault);
  if (here === undefined || there === undefined) throw new Error("a vault is not listed");
  return { vaults: change(here, there) };
};

const grantOf = (stored: StoredVault) => {
  const grant = stored.grants[0]?.grant;
  if (grant === undefined) throw new Error("a vault has no grant");
  return grant;
};
const granted = (stored: StoredVault, change: Partial<ReturnType<typeof grantOf>>) => ({
  ...stored,
  grants: [{ grant: { ...grantOf(stored), ...change } }],
});

const vaultLies: Record<string, Lie<Answer<"vaults.list">>> = {
  "another vault's grant": ["sealBroken", vaults((here, there) => [{ ...here, grants: there.grants }])],
  "another vault's name": ["sealBroken", vaults((here, there) => [{ ...here, overview: there.overview }])],
  "another vault's grant and name": [
    "sealBroken",
    vaults((here, there) => [{ ...here, grants: there.grants, overview: there.overview }]),
  ],
  "two vaults' ids swapped": [
    "sealBroken",
    vaults((here, there) => [
      { ...here, vault: there.vault },
      { ...there, vault: here.vault },
    ]),
  ],
  "a vault listed twice": ["sealBroken", vaults((here) => [here, here])],
  "more permissions than were granted": ["sealBroken", vaults((here) => [granted(here, { permissions: 0xffffffff })])],
  "another epoch": ["sealBroken", vaults((here) => [granted(here, { epoch: 2 })])],
  "another key sealed under the same statement": [
    "sealBroken",
    vaults((here, there) => [granted(here, { sealed: grantOf(there).sealed })]),
  ],
  "a grant to somebody else": [
    "sealBroken",
    vaults((here) => [granted(here, { recipient: stranger().identity.publicKey.toBase64() })]),
  ],
  "a vault key of its own making, sealed to us": ["sealBroken", vaults((here) => [{ ...here, ...itsOwnVault() }])],
  "a name of its own making, sealed to us with the grant": [
    "sealBroken",
    vaults((here) => [{ ...here, overview: itsOwnVault().overview }]),
  ],
  "a name under another revision": [
    "sealBroken",
    vaults((here) => [{ ...here, overview: { ...here.overview, revision: 2 } }]),
  ],
  "a name cut short": [
    "sealBroken",
    vaults((here) => [{ ...here, overview: { ...here.overview, sealed: cut(here.overview.sealed) } }]),
  ],
  "a name with an altered signature": [
    "sealBroken",
    vaults((here) => [{ ...here, overview: { ...here.overview, signature: flip(here.overview.signature) } }]),
  ],
};

/** A vault that the service made up. Every part is well formed, but the identity behind it is false. */
function itsOwnVault() {
  const { keyset } = lied.signedIn;
  const granter = stranger();
  const vaultKey = newVaultKey(crypto);
  const recipient = { identity: keyset.identity.publicKey, box: keyset.box.publicKey };
  const place = { account: ada.account, vault, vaultKey };
  return {
    grants: [{ grant: grantVaultKey(crypto, { ...place, granter, recipient, permissions: 1 }) }],
    overview: sealVaultOverview(crypto, { ...place, writer: granter, revision: 1, content: utf8("{}") }),
  };
}

lies(
  "vaults.list",
  () => {
    lied.account.forgetVaults();
    return lied.account.vaults();
  },
  vaultLies,
);

describe("at first sight of the vaults", () => {
  test.each(Object.entries(vaultLies))("%s is refused too", async (_lie, [refusal, change]) => {
    const fresh = await open(lying(), ada);
    alter = { name: "vaults.list", change: change as (answer: never) => unknown };
    await expect(fresh.account.vaults()).rejects.toMatchObject({ name: refusal });
    fresh.account.close();
  });
});

lies("files.getChunk", () => readWhole(lied.account), {
  "altered bytes": ["sealBroken", ({ sealed }) => ({ sealed: flip(sealed, 20) })],
  "a chunk cut short": ["sealBroken", ({ sealed }) => ({ sealed: cut(sealed) })],
  "an empty chunk": ["sealBroken", () => ({ sealed: "" })],
  "the first chunk again": ["sealBroken", again((answer) => answer)],
  "the last chunk first": ["sealBroken", ({ sealed }) => ({ sealed: sealed.slice(-24) })],
});

async function readWhole(account: OpenAccount): Promise<number> {
  const [header] = itemA.files;
  if (header === undefined) throw new Error("the item has no file");
  const reading = account.readFile(itemA, header);
  for (let size = 0; ; ) {
    const { chunk, final } = await reading.next();
    size += chunk.length;
    if (final) return size;
  }
}

const record = (change: (honest: UserRecord) => Partial<UserRecord>) => (answer: Answer<"signIn.finish">) => ({
  ...answer,
  record: { ...answer.record, ...change(answer.record) },
});

const keysetOf = (change: (keyset: UserRecord["keyset"]) => object) =>
  record(({ keyset }) => ({ keyset: { ...keyset, ...change(keyset) } }));

lies(
  "signIn.finish",
  async () => {
    const { address, call } = lying();
    const signedIn = await signIn(crypto, call, address, { ...ada, password: PASSWORD });
    openAccount(crypto, ada.account, ada.user, signedIn).close();
  },
  {
    "an altered root key": ["sealBroken", record(({ rootKey }) => ({ rootKey: flip(rootKey, 40) }))],
    "a root key of an unknown suite": ["unknownSuite", record(({ rootKey }) => ({ rootKey: flip(rootKey) }))],
    "a root key cut short": ["sealBroken", record(({ rootKey }) => ({ rootKey: cut(rootKey) }))],
    "no root key": ["sealBroken", record(() => ({ rootKey: "" }))],
    "another user's root key": ["sealBroken", record(() => ({ rootKey: others.rootKey }))],
    "another user's keyset": ["sealBroken", record(() => ({ keyset: others.keyset }))],
    "private keys of an unknown suite": [
      "unknownSuite",
      keysetOf(({ sealedPrivate }) => ({ sealedPrivate: flip(sealedPrivate) })),
    ],
    "another identity": ["sealBroken", keysetOf(() => ({ identity: others.keyset.identity }))],
    "another box key": ["sealBroken", keysetOf(() => ({ box: others.keyset.box }))],
    "another box key with its own signature": [
      "sealBroken",
      keysetOf(() => ({ box: others.keyset.box, boxSignature: others.keyset.boxSignature })),
    ],
    "an altered box signature": ["sealBroken", keysetOf(({ boxSignature }) => ({ boxSignature: flip(boxSignature) }))],
    "own data under another revision": [
      "sealBroken",
      record(({ data }) => ({ data: { ...data, revision: data.revision + 1 } })),
    ],
    "another user's own data": ["sealBroken", record(() => ({ data: others.data }))],
    "own data of an unknown suite": [
      "unknownSuite",
      record(({ data }) => ({ data: { ...data, sealed: flip(data.sealed) } })),
    ],
    "the root key as own data": ["sealBroken", record(({ rootKey, data }) => ({ data: { ...data, sealed: rootKey } }))],
  },
);
