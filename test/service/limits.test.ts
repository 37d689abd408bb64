// Tests every limit of the service exactly at the limit and one past it.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { storedItems } from "../../clients/account/stored-items.ts";
import { newId, utf8 } from "../../protocol/crypto/encoding.ts";
import { newItemKey, type SealedItem, sealItem } from "../../protocol/crypto/item.ts";
import { signInBytes } from "../../protocol/crypto/sign-in.ts";
import { ALL_PERMISSIONS, grantVaultKey, newVaultKey, sealVaultOverview } from "../../protocol/crypto/vault-key.ts";
import type { OperationParams } from "../../protocol/service-catalogue.ts";
import { serviceLimits } from "../../protocol/service-catalogue.ts";
import { CHALLENGE_MS } from "../../service/account/challenge.ts";
import { SESSION_IDLE_MS, SESSION_MS_MAX } from "../../service/account/sign-in.ts";
import { dropAbandonedChunks } from "../../service/item/files.ts";
import { ANSWER_BYTES_MAX } from "../../service/item/items.ts";
import { ABANDONED_MS } from "../../service/item/uploads.ts";
import {
  crypto,
  details,
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
let hers: Opened;

beforeAll(async () => {
  door = await inProcess();
  ada = await newUser(door);
  hers = await open(door, ada);
});
afterAll(() => door.close());

const say: Opened["signedIn"]["session"]["call"] = (...given) => hers.signedIn.session.call(...given);

/** Signs in once more, without Argon2id. */
async function anotherSession(device = ada.device, afterMs = 0): Promise<string> {
  const ids = { account: ada.account, user: ada.user, device, clientNonce: crypto.randomBytes(32).toBase64() };
  const challenge = await door.call("signIn.start", ids);
  const message = signInBytes({
    origin: door.address.origin,
    ...ids,
    serverNonce: Uint8Array.fromBase64(challenge.serverNonce),
    clientNonce: Uint8Array.fromBase64(ids.clientNonce),
    expiresAt: challenge.expiresAt,
  });
  const signature = crypto.sign(hers.signedIn.session.signInKey(), message).toBase64();
  door.advance(afterMs);
  return (await door.call("signIn.finish", { ...ids, ...challenge, signature })).token;
}

function newVault(): {
  params: OperationParams<"vaults.create">;
  put(id: string, number: number, size: Sizes): SealedItem;
} {
  const vault = newId(crypto);
  const vaultKey = newVaultKey(crypto);
  const { keyset } = hers.signedIn;
  const recipient = { identity: keyset.identity.publicKey, box: keyset.box.publicKey };
  const place = { account: ada.account, vault, vaultKey };
  return {
    params: {
      vault,
      type: "userCreated",
      grant: grantVaultKey(crypto, { ...place, granter: keyset, recipient, permissions: ALL_PERMISSIONS }),
      overview: sealVaultOverview(crypto, {
        ...place,
        writer: keyset,
        revision: 1,
        content: utf8('{"title":"V","description":""}'),
      }),
    },
    put: (id, number, { overview: overviewBytes = 2, details: detailsBytes = 2 }) =>
      sealItem(crypto, {
        place: { account: ada.account, vault, item: id },
        vaultKey,
        writer: keyset,
        revision: number,
        state: "active",
        itemKey: newItemKey(crypto),
        title: "DB",
        overview: new Uint8Array(overviewBytes),
        details: new Uint8Array(detailsBytes),
        files: [],
      }),
  };
}

/** The longest details that fit. With the 4 bytes of their length they are whole steps of Padmé (128 KiB there). One more step, with 41 bytes of envelope, passes six MiB in base64. */
const DETAILS_BYTES_LONGEST = 4.375 * 1024 * 1024 - 4;

type Sizes = { overview?: number; details?: number };

test("fifty devices sign in, one more only after another was removed", async () => {
  const devices = Array.from({ length: serviceLimits.devices - 1 }, () => newId(crypto));
  for (const device of devices) await anotherSession(device);
  const next = newId(crypto);
  await expect(anotherSession(next)).rejects.toMatchObject({ name: "tooLarge" });
  await say("devices.remove", { device: devices[0] ?? "" });
  await anotherSession(next);
  for (const device of [...devices.slice(1), next]) await say("devices.remove", { device });
});

test("of sessions past the limit the oldest end", async () => {
  const tokens: string[] = [];
  for (let made = 0; made <= serviceLimits.sessions; made++) {
    tokens.push(await anotherSession());
    door.advance(1);
  }
  await expect(door.call("users.get", {}, { token: tokens[0] ?? "" })).rejects.toMatchObject({
    name: "wrongCredentials",
  });
  await door.call("users.get", {}, { token: tokens[1] ?? "" });
});

describe("a session", () => {
  const ask = (token: string) => door.call("users.get", {}, { token });

  test("lives through an hour without use and not a millisecond longer", async () => {
    door.stop();
    const token = await anotherSession();
    await ask(token);
    door.advance(SESSION_IDLE_MS);
    await ask(token);
    door.advance(SESSION_IDLE_MS + 1);
    await expect(ask(token)).rejects.toMatchObject({ name: "wrongCredentials" });
    door.advance(-SESSION_IDLE_MS);
    await expect(ask(token)).rejects.toMatchObject({ name: "wrongCredentials" });
  });

  test("lives thirteen hours of steady use and not a millisecond longer", async () => {
    door.stop();
    const token = await anotherSession();
    const step = SESSION_IDLE_MS / 2;
    for (let passed = 0; passed < SESSION_MS_MAX; passed += step) {
      await ask(token);
      door.advance(step);
    }
    await ask(token);
    door.advance(1);
    await expect(ask(token)).rejects.toMatchObject({ name: "wrongCredentials" });
  });

  test("is begun by an answer to a challenge of a minute's age and not a millisecond older", async () => {
    door.stop();
    await anotherSession(ada.device, CHALLENGE_MS);
    await expect(anotherSession(ada.device, CHALLENGE_MS + 1)).rejects.toMatchObject({ name: "wrongCredentials" });
  });
});

test("a thousand vaults are kept, one more is refused", async () => {
  const { vaults } = await say("vaults.list", {});
  for (let made = vaults.length; made < serviceLimits.vaults; made++) await say("vaults.create", newVault().params);
  await expect(say("vaults.create", newVault().params)).rejects.toMatchObject({ name: "tooLarge" });
  const all = (await say("vaults.list", {})).vaults;
  expect(all).toHaveLength(serviceLimits.vaults);
  for (const { vault } of all) await say("vaults.delete", { vault, revision: 1 });
});

test("fifty versions of an item are kept, the oldest go first", async () => {
  const { params, put } = newVault();
  await say("vaults.create", params);
  const item = newId(crypto);
  const last = serviceLimits.versions + 2;
  for (let number = 1; number <= last; number++)
    await say("items.put", { vault: params.vault, item, sealed: put(item, number, {}) });
  const { versions } = await say("items.versions", { vault: params.vault, item });
  expect(versions.map((version) => version.revision)).toEqual(
    Array.from({ length: serviceLimits.versions }, (_, index) => last - 1 - index),
  );
});

test("an earlier version says when the item was made, not when the version was written", async () => {
  const { params, put } = newVault();
  await say("vaults.create", params);
  const item = newId(crypto);
  const times = [];
  for (let number = 1; number <= 3; number++) {
    door.advance(1000);
    times.push(await say("items.put", { vault: params.vault, item, sealed: put(item, number, {}) }));
  }
  expect(await say("items.getVersion", { vault: params.vault, item, revision: 2 })).toMatchObject({
    createdAt: times[0]?.createdAt,
    updatedAt: times[1]?.updatedAt,
  });
});

test("a list of long overviews comes in more pages, each item once", async () => {
  const { params, put } = newVault();
  await say("vaults.create", params);
  const size = 180 * 1024;
  const count = Math.ceil(ANSWER_BYTES_MAX / size) + 5;
  const ids = Array.from({ length: count }, () => newId(crypto)).toSorted();
  for (let at = 0; at < count; at += 50) {
    const items = ids.slice(at, at + 50).map((item) => ({ item, sealed: put(item, 1, { overview: size }) }));
    await say("items.putAll", { vault: params.vault, items });
  }
  const page = (after?: string) =>
    say("items.list", {
      vault: params.vault,
      active: true,
      archived: true,
      limit: serviceLimits.page,
      ...(after === undefined ? {} : { after }),
    });
  const first = await page();
  expect(first.more).toBe(true);
  const second = await page(first.items.at(-1)?.item);
  expect(second.more).toBe(false);
  expect([...first.items, ...second.items].map((stored) => stored.item)).toEqual(ids);
});

test("items too long for one answer are refused together, and fetched in parts", async () => {
  const { params, put } = newVault();
  await say("vaults.create", params);
  const ids = Array.from({ length: 12 }, () => newId(crypto));
  for (const item of ids)
    await say("items.put", { vault: params.vault, item, sealed: put(item, 1, { details: 4.2 * 1024 * 1024 }) });
  await expect(say("items.getAll", { vault: params.vault, items: ids })).rejects.toMatchObject({ name: "tooLarge" });
  const found = await storedItems(say, params.vault, ids);
  expect(found.map((stored) => stored.item).toSorted()).toEqual(ids.toSorted());
});

test("details as long as the limit are stored and come back, one step longer are refused", async () => {
  const { params, put } = newVault();
  await say("vaults.create", params);
  const item = newId(crypto);
  const sealed = put(item, 1, {});
  // Base64 has groups of four characters, and an envelope adds a header and padding. So the longest fitting value is computed from the limit.
  const longest = put(item, 1, { details: DETAILS_BYTES_LONGEST });
  expect(longest.details.length).toBeLessThanOrEqual(serviceLimits.sealedDetails);
  await say("items.put", { vault: params.vault, item, sealed: longest });
  expect((await say("items.get", { vault: params.vault, item })).sealed).toEqual(longest);
  const details = "A".repeat(serviceLimits.sealedDetails + 1);
  await expect(say("items.put", { vault: params.vault, item, sealed: { ...sealed, details } })).rejects.toMatchObject({
    name: "invalidParams",
  });
});

test.each([
  ["no base64", "&&&&"],
  ["a second spelling", "QR=="],
  ["base64 with a line break", "AAAA\nAAAA"],
])("details that are %s are refused", async (_what, details) => {
  const { params, put } = newVault();
  await say("vaults.create", params);
  const item = newId(crypto);
  const sealed = put(item, 1, {});
  await expect(say("items.put", { vault: params.vault, item, sealed: { ...sealed, details } })).rejects.toMatchObject({
    name: expect.stringMatching(/^(sealBroken|invalidParams)$/),
  });
});

test("a field past its greatest length is refused for its length, and a longer one before it is read", async () => {
  const put = (size: number) => say("users.putData", { data: { revision: 2, sealed: "A".repeat(size) } });
  await expect(put(serviceLimits.sealedUserData + 4)).rejects.toMatchObject({ name: "invalidParams" });
  await expect(put(8 * 1024 * 1024)).rejects.toMatchObject({ name: "tooLarge" });
});

describe("events.wait", () => {
  test("never misses a change that comes between its look and its wait", async () => {
    const { params, put } = newVault();
    await say("vaults.create", params);
    const item = newId(crypto);
    for (let number = 1; number <= 50; number++) {
      const { cursor } = await say("events.wait", { waitMs: 0 });
      const waiting = say("events.wait", { cursor, waitMs: serviceLimits.waitMs });
      await say("items.put", { vault: params.vault, item, sealed: put(item, number, {}) });
      expect((await waiting).events).toMatchObject([{ kind: "item", item }]);
    }
  });

  test("reports nothing to a session that ended while it waited", async () => {
    const token = await anotherSession(newId(crypto));
    const { cursor } = await door.call("events.wait", { waitMs: 0 }, { token });
    const waiting = door.call("events.wait", { cursor, waitMs: serviceLimits.waitMs }, { token });
    const refused = expect(waiting).rejects.toMatchObject({ name: "wrongCredentials" });
    await door.call("session.end", {}, { token });
    await say("vaults.create", newVault().params);
    await refused;
  });

  test("reports no changes of another account", async () => {
    const bea = await open(door, await newUser(door, "Bea"));
    const { cursor } = await bea.signedIn.session.call("events.wait", { waitMs: 0 });
    await say("vaults.create", newVault().params);
    expect(await bea.signedIn.session.call("events.wait", { cursor, waitMs: 0 })).toEqual({ cursor, events: [] });
  });

  test("hands out many changes a page at a time", async () => {
    const { params, put } = newVault();
    await say("vaults.create", params);
    const { cursor } = await say("events.wait", { waitMs: 0 });
    for (let made = 0; made <= serviceLimits.events; made += serviceLimits.batch) {
      const items = Array.from({ length: serviceLimits.batch }, () => newId(crypto));
      await say("items.putAll", {
        vault: params.vault,
        items: items.map((item) => ({ item, sealed: put(item, 1, {}) })),
      });
    }
    const first = await say("events.wait", { cursor, waitMs: 0 });
    const second = await say("events.wait", { cursor: first.cursor, waitMs: 0 });
    expect([first.events.length, second.events.length]).toEqual([serviceLimits.events, serviceLimits.batch]);
    expect(second.events[0]?.seq).toBeGreaterThan(first.events.at(-1)?.seq ?? Number.POSITIVE_INFINITY);
  });

  test("waits as long as the limit and no longer", async () => {
    const { cursor } = await say("events.wait", { waitMs: 0 });
    await expect(say("events.wait", { cursor, waitMs: serviceLimits.waitMs + 1 })).rejects.toMatchObject({
      name: "invalidParams",
    });
  });
});

test("chunks that an older service left, and no revision names within a day, go, also where the item has other files", async () => {
  const { account } = hers;
  const vault = (await account.createVault("Files", "")).id;
  const itemKey = account.newItemKey();
  const id = newId(crypto);
  const stream = account.writeFile({ vault, item: id }, itemKey);
  await stream.push(new Uint8Array(3), true);
  const made = await account.createItem(vault, overview("file"), details("x"), { id, itemKey, files: [stream.end()] });
  for (const item of [id, newId(crypto)])
    await say("files.putChunk", { vault, item, file: newId(crypto), index: 0, sealed: "AAAA" });
  // An older service counted none.
  await door.store.db.deleteFrom("uploads").execute();
  const chunks = async () =>
    (await door.store.db.selectFrom("file_chunks").select("file").execute()).map((row) => row.file);
  const rows = await door.store.db.selectFrom("file_chunks").select("created_at").execute();
  const written = rows.map((row) => Date.parse(row.created_at));
  await dropAbandonedChunks(door.store, Math.min(...written) + ABANDONED_MS);
  expect(await chunks()).toHaveLength(3);
  await dropAbandonedChunks(door.store, Math.max(...written) + ABANDONED_MS + 1);
  expect(await chunks()).toEqual(made.files.map((file) => file.id));
});
