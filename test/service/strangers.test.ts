// What the service does for callers without a session: so much for each address, so much for all, and so many wrong sign-ins to one
// account. Each limit is tested at it and one past it. A device that the account knows gets in past all of them. Nothing is stored
// before a proof.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createServiceClient, EMBEDDED_ORIGIN } from "../../clients/account/service-client.ts";
import { newId } from "../../protocol/crypto/encoding.ts";
import { newSecretKey } from "../../protocol/crypto/secret-key.ts";
import type { OperationParams } from "../../protocol/service-catalogue.ts";
import { createApp } from "../../service/app.ts";
import { ACCOUNT_RATE, ADDRESS_RATE, DEVICE_RATE, STRANGERS_RATE } from "../../service/door/strangers.ts";
import { nodePrimitives } from "../../service/primitives.ts";
import { crypto, dump, type InProcess, inProcess, newUser, open, type User } from "./doors.ts";

let door: InProcess;
let ada: User;
beforeEach(async () => {
  door = await inProcess();
  ada = await newUser(door);
  door.stop();
});
afterEach(() => door.close());

const START = (): OperationParams<"signIn.start"> => ({
  account: newId(crypto),
  user: newId(crypto),
  device: newId(crypto),
  clientNonce: crypto.randomBytes(32).toBase64(),
});

const at = (from: string) => ({ ...door, call: door.from(from) });
const knock = (from: string, who: object = {}) => door.from(from)("signIn.start", { ...START(), ...who });
const busy = expect.objectContaining({ name: "busy" });

async function useUp(from: string): Promise<void> {
  for (let made = 0; made < ADDRESS_RATE.burst; made++) await knock(from);
}

describe("one address", () => {
  test("may ask up to its limit and not once more; others are not touched, and time gives it back", async () => {
    await useUp("192.0.2.1");
    await expect(knock("192.0.2.1")).rejects.toEqual(busy);
    await knock("192.0.2.2");
    door.advance(1000 / ADDRESS_RATE.perSecond - 1);
    await expect(knock("192.0.2.1")).rejects.toEqual(busy);
    door.advance(1);
    await knock("192.0.2.1");
    await expect(knock("192.0.2.1")).rejects.toEqual(busy);
  });

  test("that is over its limit leaves a known device room, up to a limit of its own", async () => {
    await useUp("192.0.2.1");
    const known = { account: ada.account, user: ada.user, device: ada.device };
    for (let made = 0; made < DEVICE_RATE.burst; made++) await knock("192.0.2.1", known);
    await expect(knock("192.0.2.1", known)).rejects.toEqual(busy);
  });

  test("that is over its limit has no room by half of the names", async () => {
    await useUp("192.0.2.1");
    const { account, user, device } = ada;
    for (const who of [
      { account, user },
      { user, device },
      { account, device },
    ])
      await expect(knock("192.0.2.1", who)).rejects.toEqual(busy);
  });

  test("that is over its limit signs in from a known device, and not from a removed one", async () => {
    const here = await open(door, ada);
    const other = { ...ada, device: newId(crypto), secretKey: ada.secretKey.slice() };
    (await open(door, other)).account.close();
    await useUp("192.0.2.1");
    (await open(at("192.0.2.1"), other)).account.close();
    await here.signedIn.session.call("devices.remove", { device: other.device });
    await expect(open(at("192.0.2.1"), other)).rejects.toEqual(busy);
  });

  test("may ask what the service is as often as it likes, but not try registration tokens and links", async () => {
    await useUp("192.0.2.1");
    const call = door.from("192.0.2.1");
    await call("service.info", {});
    await expect(call("service.info", { registrationToken: "guess" })).rejects.toEqual(busy);
    const link = { share: newId(crypto), accessKey: crypto.randomBytes(32).toBase64() };
    await expect(call("shares.state", link)).rejects.toEqual(busy);
    await expect(call("shares.open", { ...link, view: newId(crypto) })).rejects.toEqual(busy);
  });
});

test("all addresses together may ask up to their limit; a known device gets in past it", async () => {
  for (let made = 0; made < STRANGERS_RATE.burst; made++) await knock(`192.0.2.${made % 250}`);
  await expect(knock("198.51.100.1")).rejects.toEqual(busy);
  await knock("198.51.100.1", { account: ada.account, user: ada.user, device: ada.device });
  (await open(at("198.51.100.1"), ada)).account.close();
  door.advance(1000 / STRANGERS_RATE.perSecond);
  await knock("198.51.100.1");
});

describe("wrong sign-ins", () => {
  const wrong = (who: Partial<User> = {}, from = "192.0.2.1") =>
    open(at(from), { ...ada, device: newId(crypto), secretKey: newSecretKey(crypto), ...who });

  test("to one account are answered up to the limit, from any address; its devices still come in", async () => {
    for (let made = 0; made < ACCOUNT_RATE.burst; made++)
      await expect(wrong({}, `192.0.2.${made}`)).rejects.toMatchObject({ name: "wrongCredentials" });
    await expect(wrong({}, "192.0.2.99")).rejects.toEqual(busy);
    (await open(at("192.0.2.98"), ada)).account.close();
    door.advance(1000 / ACCOUNT_RATE.perSecond);
    await expect(wrong()).rejects.toMatchObject({ name: "wrongCredentials" });
  });

  test("to an account that does not exist are counted just so", async () => {
    const nobody = { account: newId(crypto) };
    for (let made = 0; made < ACCOUNT_RATE.burst; made++)
      await expect(wrong(nobody)).rejects.toMatchObject({ name: "wrongCredentials" });
    await expect(wrong(nobody)).rejects.toEqual(busy);
    await expect(wrong()).rejects.toMatchObject({ name: "wrongCredentials" });
  });

  test("are alone counted: right ones cost the account nothing", async () => {
    for (let made = 0; made <= ACCOUNT_RATE.burst; made++) {
      const device = { ...ada, secretKey: ada.secretKey.slice() };
      (await open(at(`192.0.2.${made}`), device)).account.close();
    }
    await expect(wrong()).rejects.toMatchObject({ name: "wrongCredentials" });
  });
});

test("a thousand challenges and a hundred wrong answers store nothing", async () => {
  const before = dump(door.folder);
  const rows = () => door.store.db.selectFrom("spent_challenges").selectAll().execute();
  for (let made = 0; made < 1_000; made++) await door.call("signIn.start", START());
  for (let made = 0; made < 100; made++) {
    const asked = { ...START(), account: ada.account, user: ada.user };
    const { serverNonce, expiresAt } = await door.call("signIn.start", asked);
    const signature = crypto.randomBytes(64).toBase64();
    await expect(door.call("signIn.finish", { ...asked, serverNonce, expiresAt, signature })).rejects.toMatchObject({
      name: "wrongCredentials",
    });
  }
  expect(await rows()).toEqual([]);
  expect(dump(door.folder)).toBe(before);
  (await open(door, ada)).account.close();
  expect(await rows()).toHaveLength(1);
});

test("a challenge is answered after a restart of the service, and not where its store has another key", async () => {
  const restarted = () =>
    createApp({
      ...{ store: door.store, primitives: nodePrimitives, origin: EMBEDDED_ORIGIN, now: door.now },
      onUnforeseen: (thrown) => expect.fail(String(thrown)),
    });
  const signInAcross = async () => {
    const { fetch } = door.address;
    const later = await restarted();
    const address = {
      ...door.address,
      fetch: async (request: Request) => (request.url.endsWith("signIn.start") ? fetch(request) : later.fetch(request)),
    };
    const who = { ...ada, secretKey: ada.secretKey.slice() };
    return open({ ...door, address, call: createServiceClient(address) }, who);
  };
  (await signInAcross()).account.close();
  await door.store.db
    .updateTable("store")
    .set({ challenge_key: crypto.randomBytes(32) })
    .execute();
  await expect(signInAcross()).rejects.toMatchObject({ name: "wrongCredentials" });
});

test("two stores have keys of their own", async () => {
  const keyIn = async ({ store }: InProcess) =>
    (await store.db.selectFrom("store").select("challenge_key").executeTakeFirstOrThrow()).challenge_key;
  const other = await inProcess();
  expect(await keyIn(door)).toHaveLength(32);
  expect(await keyIn(other)).not.toEqual(await keyIn(door));
  await other.close();
});
