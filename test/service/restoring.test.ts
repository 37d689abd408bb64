// An account that is being restored, at the service. Only a restore signs in. The last one to sign in has the account for itself, and only
// that one ends the restore. In process and over loopback.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CallService } from "../../clients/account/service-client.ts";
import { createServiceSession, type ServiceSession } from "../../clients/account/service-session.ts";
import { newId } from "../../protocol/crypto/encoding.ts";
import { newKeyset } from "../../protocol/crypto/keyset.ts";
import { signInKeyPair } from "../../protocol/crypto/sign-in.ts";
import { crypto, type Door, dump, inProcess, interleaved, overLoopback } from "./doors.ts";

type Account = { readonly account: string; readonly user: string; readonly device: string; readonly seed: Uint8Array };

/** An account whose sign-in key comes from a given seed, without deriving a password. */
async function accountAt(door: Door, more: { restoring?: true } = { restoring: true }): Promise<Account> {
  const ids = { account: newId(crypto), user: newId(crypto), device: newId(crypto) };
  const seed = crypto.randomBytes(32);
  await door.call("accounts.create", {
    ...ids,
    ...more,
    ...(door.registrationToken === undefined ? {} : { registrationToken: door.registrationToken }),
    signInKey: signInKeyPair(crypto, Uint8Array.from(seed)).publicKey.toBase64(),
    record: {
      rootKey: "AAAA",
      keyset: newKeyset(crypto, crypto.randomBytes(32), ids.account, ids.user).sealed,
      data: { revision: 1, sealed: "AAAA" },
    },
  });
  return { ...ids, seed };
}

function sessionAt(door: Door, { seed, ...ids }: Account, more: { device?: string; restoring?: true } = {}) {
  const identity = { origin: door.address.origin, ...ids, ...more };
  return createServiceSession(crypto, door.call, identity, Uint8Array.from(seed));
}

async function restoreAt(door: Door, account: Account, device = newId(crypto)): Promise<ServiceSession> {
  const session = sessionAt(door, account, { device, restoring: true });
  await session.signIn();
  return session;
}

async function devicesOf(session: ServiceSession): Promise<string[]> {
  return (await session.call("devices.list", {})).devices.map(({ device }) => device);
}

describe.each([
  ["in process", () => inProcess() as Promise<Door>],
  ["on interleaved statements", () => interleaved() as Promise<Door>],
  ["over loopback", overLoopback],
])("an account that is being restored, %s,", (_way, start) => {
  let door: Door;
  beforeAll(async () => {
    door = await start();
  });
  afterAll(() => door.close());

  test("accepts no other sign-in, from a new device or the one that made it, and stays as it is", async () => {
    const made = await accountAt(door);
    const before = dump(door.folder);
    for (const device of [made.device, newId(crypto)])
      await expect(sessionAt(door, made, { device }).signIn()).rejects.toMatchObject({ name: "restoreUnfinished" });
    expect(dump(door.folder)).toBe(before);
  });

  test.each([undefined, true] as const)(
    "shows nothing to a caller who signs with another key (a restore's: %s)",
    async (restoring) => {
      const { seed: _seed, ...ids } = await accountAt(door);
      const before = dump(door.folder);
      const stranger = { ...ids, seed: crypto.randomBytes(32) };
      const session = sessionAt(door, stranger, restoring === undefined ? {} : { restoring });
      await expect(session.signIn()).rejects.toMatchObject({ name: "wrongCredentials" });
      expect(dump(door.folder)).toBe(before);
    },
  );

  test("lists only the device of the latest restore, and the others learn that theirs was removed", async () => {
    const made = await accountAt(door);
    const first = await restoreAt(door, made, made.device);
    const second = await restoreAt(door, made);
    const device = newId(crypto);
    const third = await restoreAt(door, made, device);
    const before = dump(door.folder);
    for (const overtaken of [first, second])
      for (const name of ["users.get", "accounts.endRestore"] as const)
        await expect(overtaken.call(name, {})).rejects.toMatchObject({ name: "deviceRemoved" });
    await expect(first.call("users.putData", { data: { revision: 2, sealed: "AAAA" } })).rejects.toMatchObject({
      name: "deviceRemoved",
    });
    expect(dump(door.folder)).toBe(before);
    expect(await devicesOf(third)).toEqual([device]);
  });

  test("ends the restore for its own session, also twice, and is then like any other account", async () => {
    const made = await accountAt(door);
    const session = await restoreAt(door, made);
    await session.call("accounts.endRestore", {});
    const after = dump(door.folder);
    await session.call("accounts.endRestore", {});
    expect(dump(door.folder)).toBe(after);
    const device = newId(crypto);
    const opened = sessionAt(door, made, { device });
    await opened.signIn();
    expect(await devicesOf(session)).toContain(device);
    await expect(restoreAt(door, made)).rejects.toMatchObject({ name: "conflict" });
    expect(await devicesOf(opened)).toHaveLength(2);
    // The device of the overtaken restore stays out.
    await expect(sessionAt(door, made).signIn()).rejects.toMatchObject({ name: "deviceRemoved" });
  });

  test("is not made again with the same ids as an ordinary account, nor a whole one as a restore", async () => {
    for (const [first, again] of [
      [{ restoring: true }, {}],
      [{}, { restoring: true }],
    ] as const) {
      const record = newKeyset(crypto, crypto.randomBytes(32), "a", "b").sealed;
      const params = {
        ...{ account: newId(crypto), user: newId(crypto), device: newId(crypto) },
        ...(door.registrationToken === undefined ? {} : { registrationToken: door.registrationToken }),
        signInKey: crypto.randomBytes(32).toBase64(),
        record: { rootKey: "AAAA", keyset: record, data: { revision: 1, sealed: "AAAA" } },
      };
      await door.call("accounts.create", { ...params, ...first });
      const before = dump(door.folder);
      await expect(door.call("accounts.create", { ...params, ...again })).rejects.toMatchObject({ name: "conflict" });
      expect(dump(door.folder)).toBe(before);
    }
  });
});

test("a sign-in as a restore to a whole account is refused, and no device or session of it ends", async () => {
  const door = await inProcess();
  const made = await accountAt(door, {});
  const living = sessionAt(door, made);
  await living.signIn();
  const sessions = () => door.store.db.selectFrom("sessions").selectAll().execute();
  const before = [dump(door.folder), await sessions()];
  await expect(restoreAt(door, made)).rejects.toMatchObject({ name: "conflict" });
  await expect(restoreAt(door, made, made.device)).rejects.toMatchObject({ name: "conflict" });
  expect([dump(door.folder), await sessions()]).toEqual(before);
  expect(await devicesOf(living)).toEqual([made.device]);
  await door.close();
});

test("a request to end a restore ends nothing if another restore took over before its body was read", async () => {
  const door = await inProcess();
  const made = await accountAt(door);
  let token = "";
  const call: CallService = (name, params, options) => {
    token = options?.token ?? token;
    return door.call(name, params, options);
  };
  const identity = { origin: door.address.origin, ...made, restoring: true } as const;
  await createServiceSession(crypto, call, identity, Uint8Array.from(made.seed)).call("users.get", {});

  const isRead = Promise.withResolvers<void>();
  const body = Promise.withResolvers<Uint8Array>();
  const held = new ReadableStream<Uint8Array>(
    {
      // The service reads a body only after it knows the caller.
      pull: async (controller) => {
        isRead.resolve();
        controller.enqueue(await body.promise);
        controller.close();
      },
    },
    { highWaterMark: 0 },
  );
  const headers = { "content-type": "application/json", "content-length": "2", authorization: `Bearer ${token}` };
  const request = { method: "POST", headers, body: held, duplex: "half" } as const;
  const answer = door.address.fetch(new Request("http://embedded.invalid/v1/accounts.endRestore", request));
  await isRead.promise;
  await restoreAt(door, made);
  body.resolve(new TextEncoder().encode("{}"));
  expect(await (await answer).json()).toMatchObject({ error: { name: "wrongCredentials" } });
  const row = await door.store.db.selectFrom("accounts").select("restoring").executeTakeFirstOrThrow();
  expect(row.restoring).toBe(1);
  await door.close();
});
