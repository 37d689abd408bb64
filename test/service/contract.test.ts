// The service's work for an honest client, in process and over loopback.
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { changePassword } from "../../clients/account/user-keys.ts";
import { newId } from "../../protocol/crypto/encoding.ts";
import { FILE_CHUNK_BYTES } from "../../protocol/crypto/file.ts";
import { serviceLimits } from "../../protocol/service-catalogue.ts";
import { CHALLENGE_MS } from "../../service/account/challenge.ts";
import { SESSION_IDLE_MS, SESSION_MS_MAX } from "../../service/account/sign-in.ts";
import {
  crypto,
  type Door,
  details,
  inProcess,
  newUser,
  type Opened,
  open,
  overLoopback,
  overview,
  type User,
} from "./doors.ts";

describe.each([
  ["in process", () => inProcess() as Promise<Door>],
  ["over loopback", overLoopback],
])("the service %s", (_way, start) => {
  let door: Door;
  let ada: User;
  let opened: Opened;

  beforeAll(async () => {
    door = await start();
    ada = await newUser(door);
    opened = await open(door, ada);
  });
  afterAll(() => door.close());

  test("signs in with password and Secret Key, and with nothing less", async () => {
    expect(opened.account.userData().name).toBe("Ada");
    await expect(open(door, ada, "another password")).rejects.toMatchObject({ name: "wrongCredentials" });
    await expect(open(door, { ...ada, secretKey: crypto.randomBytes(16) })).rejects.toMatchObject({
      name: "wrongCredentials",
    });
    await expect(open(door, { ...ada, user: newId(crypto) })).rejects.toMatchObject({ name: "wrongCredentials" });
    await expect(open(door, { ...ada, account: newId(crypto) })).rejects.toMatchObject({ name: "wrongCredentials" });
  });

  test("lets a second device in with kit and password, and shows it the same items", async () => {
    const { account } = opened;
    const vault = await account.createVault("Shared", "");
    const made = await account.createItem(vault.id, overview("DB"), details("one"));
    const other = await open(door, { ...ada, device: newId(crypto) });
    expect((await other.account.getItem(vault.id, made.id)).details.fields[0]?.value).toBe("one");
    expect((await other.account.findItems(vault.id, "db")).map((item) => item.id)).toEqual([made.id]);
  });

  test("keeps versions, and the item's latest", async () => {
    const { account, signedIn } = opened;
    const vault = await account.createVault("Versions", "");
    const first = await account.createItem(vault.id, overview("DB"), details("one"));
    const second = await account.putItem(vault.id, first.id, 1, {
      overview: overview("DB"),
      details: details("two"),
      files: [],
      state: "active",
    });
    expect(second.revision).toBe(2);
    expect(
      (await signedIn.session.call("items.versions", { vault: vault.id, item: first.id })).versions.map(
        (version) => version.revision,
      ),
    ).toEqual([1]);
    expect(
      (await signedIn.session.call("items.getVersion", { vault: vault.id, item: first.id, revision: 1 })).sealed
        .revision,
    ).toBe(1);
    expect((await account.getItem(vault.id, first.id)).details.fields[0]?.value).toBe("two");
  });

  test("of fifty writers of one revision lets one win, and tells the others to fetch again", async () => {
    const { account } = opened;
    const vault = await account.createVault("Race", "");
    const made = await account.createItem(vault.id, overview("DB"), details("0"));
    const writes = Array.from({ length: 50 }, (_, index) =>
      account.putItem(vault.id, made.id, 1, {
        overview: overview("DB"),
        details: details(`writer ${index}`),
        files: [],
        state: "active",
      }),
    );
    const outcomes = await Promise.allSettled(writes);
    const won = outcomes.filter((outcome) => outcome.status === "fulfilled");
    expect(won).toHaveLength(1);
    for (const outcome of outcomes)
      if (outcome.status === "rejected") expect(outcome.reason).toMatchObject({ name: "versionConflict" });
    expect((await account.getItem(vault.id, made.id)).details).toEqual(won[0]?.value.details);
  });

  test("treats a repeated write as one", async () => {
    const { account, signedIn } = opened;
    const vault = await account.createVault("Twice", "");
    const made = await account.createItem(vault.id, overview("DB"), details("one"));
    const { sealed } = await signedIn.session.call("items.get", { vault: vault.id, item: made.id });
    const again = await signedIn.session.call("items.put", { vault: vault.id, item: made.id, sealed });
    expect(again).toEqual({ createdAt: made.createdAt, updatedAt: made.updatedAt });
    expect((await signedIn.session.call("items.versions", { vault: vault.id, item: made.id })).versions).toEqual([]);
    const { vaults } = await signedIn.session.call("vaults.list", {});
    expect(vaults.find((stored) => stored.vault === vault.id)).toMatchObject({ activeItems: 1, contentVersion: 1 });
  });

  test("finds active items by title, not archived and not deleted ones", async () => {
    const { account } = opened;
    const vault = await account.createVault("Find", "");
    const made = await account.createItem(vault.id, overview("Größe"), details("one"));
    expect(await account.findItems(vault.id, "größe")).toHaveLength(1);
    await account.putItem(vault.id, made.id, 1, {
      overview: overview("Größe"),
      details: details("one"),
      files: [],
      state: "archived",
    });
    expect(await account.findItems(vault.id, "größe")).toHaveLength(0);
    expect(await account.listItems(vault.id, { active: true, archived: false })).toHaveLength(0);
    expect(await account.listItems(vault.id, { active: false, archived: true })).toHaveLength(1);
    await account.deleteItem(vault.id, made.id);
    await expect(account.getItem(vault.id, made.id)).rejects.toMatchObject({ name: "itemNotFound" });
    await expect(account.deleteItem(vault.id, made.id)).rejects.toMatchObject({ name: "itemNotFound" });
    expect(await account.listItems(vault.id, { active: true, archived: true })).toHaveLength(0);
  });

  test("lists past a page, each item once", async () => {
    const { account } = opened;
    const vault = await account.createVault("Pages", "");
    for (let made = 0; made <= serviceLimits.page; made += 100) {
      await account.createItems(
        vault.id,
        Array.from({ length: 100 }, (_, index) => ({
          id: newId(crypto),
          overview: overview(`item ${made + index}`),
          details: details("x"),
        })),
      );
    }
    const listed = await account.listItems(vault.id, { active: true, archived: false });
    expect(new Set(listed.map((item) => item.id)).size).toBe(600);
  });

  test.each([0, 1, FILE_CHUNK_BYTES - 1, FILE_CHUNK_BYTES, FILE_CHUNK_BYTES + 1, 3 * FILE_CHUNK_BYTES + 5])(
    "keeps a file of %i bytes in sealed chunks",
    async (size) => {
      const { account } = opened;
      const vault = await account.createVault(`File ${size}`, "");
      const content = new Uint8Array(randomBytes(size));
      const id = newId(crypto);
      const itemKey = account.newItemKey();
      const stream = account.writeFile({ vault: vault.id, item: id }, itemKey);
      for (let at = 0; ; at += FILE_CHUNK_BYTES) {
        const final = at + FILE_CHUNK_BYTES >= size;
        await stream.push(content.subarray(at, at + FILE_CHUNK_BYTES), final);
        if (final) break;
      }
      const header = stream.end();
      const made = await account.createItem(vault.id, overview("file"), details("x"), { id, itemKey, files: [header] });
      const reading = account.readFile(made, header);
      const read: Uint8Array[] = [];
      for (;;) {
        const { chunk, final } = await reading.next();
        read.push(chunk);
        if (final) break;
      }
      expect(Buffer.concat(read).equals(Buffer.from(content))).toBe(true);
    },
  );

  test("reports a change to another session within one wait, and nothing that the session knows", async () => {
    const { account } = opened;
    const vault = await account.createVault("Events", "");
    const other = await open(door, ada);
    const { cursor } = await other.account.changes(undefined, AbortSignal.timeout(20_000));
    const waiting = other.account.changes(cursor, AbortSignal.timeout(20_000));
    const made = await account.createItem(vault.id, overview("DB"), details("one"));
    expect((await waiting).changes).toMatchObject([{ kind: "item", vault: vault.id, item: made.id }]);
  });

  test("changes the password: the old one fails, other sessions end, the root key stays", async () => {
    const bea = await newUser(door, "Bea");
    const here = await open(door, bea);
    const there = await open(door, bea);
    const vault = await here.account.createVault("Kept", "");
    await changePassword(crypto, here.signedIn, { ...bea, newPassword: "eleven bright lanterns" });
    await expect(open(door, bea)).rejects.toMatchObject({ name: "wrongCredentials" });
    // Its sign-in key is the old one, so it cannot sign in again by itself.
    await expect(there.account.vaults().then(() => there.signedIn.session.call("users.get", {}))).rejects.toMatchObject(
      { name: "wrongCredentials" },
    );
    const again = await open(door, bea, "eleven bright lanterns");
    expect((await again.account.vaults()).map((one) => one.id)).toEqual([vault.id]);
    expect((await here.account.vaults()).map((one) => one.id)).toEqual([vault.id]);
  });

  test("ends the sessions of a removed device, which cannot come back", async () => {
    const cy = await newUser(door, "Cy");
    const here = await open(door, cy);
    const device = newId(crypto);
    const there = await open(door, { ...cy, device });
    await here.signedIn.session.call("devices.remove", { device });
    await expect(there.signedIn.session.call("users.get", {})).rejects.toMatchObject({ name: "deviceRemoved" });
    await expect(open(door, { ...cy, device })).rejects.toMatchObject({ name: "deviceRemoved" });
    // A caller who cannot sign learns nothing about devices.
    await expect(open(door, { ...cy, device }, "eleven bright lanterns")).rejects.toMatchObject({
      name: "wrongCredentials",
    });
    expect((await here.signedIn.session.call("devices.list", {})).devices.map((one) => one.device)).toEqual([
      cy.device,
    ]);
  });

  test("reports the removal at once to a device that waits for changes", async () => {
    const dora = await newUser(door, "Dora");
    const here = await open(door, dora);
    const device = newId(crypto);
    const there = await open(door, { ...dora, device });
    const { cursor } = await there.account.changes(undefined, AbortSignal.timeout(20_000));
    // Shorter than the service's wait where nothing changes.
    const patience = AbortSignal.timeout(serviceLimits.waitMs / 2);
    const waiting = there.account.changes(cursor, patience);
    const told = expect(waiting).rejects.toMatchObject({ name: "deviceRemoved" });
    await here.signedIn.session.call("devices.remove", { device });
    await told;
    expect(patience.aborted).toBe(false);
  });

  test("keeps the personal vault of an account, whoever may manage it", async () => {
    const eve = await newUser(door, "Eve");
    const { account } = await open(door, eve);
    const { id } = await account.createVault("Personal", "", "personal");
    await expect(account.deleteVault(id)).rejects.toMatchObject({ name: "notPermitted" });
    expect((await account.vaults()).map((one) => one.id)).toEqual([id]);
  });

  test("keeps a user's own data against a second writer", async () => {
    const one = await open(door, ada);
    const two = await open(door, ada);
    const pins = { one: crypto.randomBytes(32).toBase64(), two: crypto.randomBytes(32).toBase64() };
    await one.account.changeUserData((data) => ({ ...data, pins: { ...data.pins, one: pins.one } }));
    await two.account.changeUserData((data) => ({ ...data, pins: { ...data.pins, two: pins.two } }));
    expect((await open(door, ada)).account.userData().pins).toEqual(pins);
  });
});

describe("a session", () => {
  test("ends after an hour without use and after thirteen hours in any case; a challenge after a minute", async () => {
    const door = await inProcess();
    const ada = await newUser(door);
    const { signedIn } = await open(door, ada);
    const { call } = door;
    const start = async () => {
      const ids = { account: ada.account, user: ada.user, device: ada.device };
      return call("signIn.start", { ...ids, clientNonce: crypto.randomBytes(32).toBase64() });
    };
    const first = await start();
    door.advance(CHALLENGE_MS + 1);
    const answer = {
      account: ada.account,
      user: ada.user,
      device: ada.device,
      clientNonce: crypto.randomBytes(32).toBase64(),
      ...first,
      signature: crypto.sign(signedIn.session.signInKey(), new Uint8Array(1)).toBase64(),
    };
    await expect(call("signIn.finish", answer)).rejects.toMatchObject({ name: "wrongCredentials" });

    const sessions = async () =>
      Number(
        (
          await door.store.db
            .selectFrom("sessions")
            .select((eb) => eb.fn.countAll().as("n"))
            .executeTakeFirstOrThrow()
        ).n,
      );
    await signedIn.session.call("users.get", {});
    const before = await sessions();
    for (let passed = 0; passed + SESSION_IDLE_MS < SESSION_MS_MAX - 2 * CHALLENGE_MS; passed += SESSION_IDLE_MS) {
      door.advance(SESSION_IDLE_MS - CHALLENGE_MS);
      await signedIn.session.call("users.get", {});
    }
    expect(await sessions()).toBe(before);
    // Idle for too long. The client signs in again by itself, and the old session is gone.
    door.advance(SESSION_IDLE_MS + CHALLENGE_MS);
    await signedIn.session.call("users.get", {});
    expect(await sessions()).toBe(before);
    await door.close();
  });
});

test("creating an account on a listening service needs its registration token", async () => {
  const door = await overLoopback();
  await expect(newUser({ ...door, registrationToken: undefined })).rejects.toMatchObject({ name: "notPermitted" });
  await expect(newUser({ ...door, registrationToken: "wrong" })).rejects.toMatchObject({ name: "notPermitted" });
  await newUser(door);
  await door.close();
});
