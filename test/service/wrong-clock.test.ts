// The service's clock is a day ahead or behind, and then right again. Nobody is shut out until it has caught up, and nothing stays open for
// so long.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createServiceClient } from "../../clients/account/service-client.ts";
import { closeSignedIn, signInWithToken } from "../../clients/account/user-keys.ts";
import { parseToken } from "../../protocol/access/service-account-token.ts";
import { newId } from "../../protocol/crypto/encoding.ts";
import { serviceLimits } from "../../protocol/service-catalogue.ts";
import { AHEAD_MS_MAX } from "../../service/context.ts";
import { crypto, type InProcess, inProcess, newUser, type Opened, open, type User } from "./doors.ts";

const DAY_MS = 24 * 60 * 60_000;

let door: InProcess;
let who: User;
let hers: Opened;

beforeEach(async () => {
  door = await inProcess();
  door.stop();
  who = await newUser(door);
  hers = await open(door, who);
});
afterEach(async () => {
  hers.account.close();
  await door.close();
});

describe.each([
  ["ahead", DAY_MS],
  ["behind", -DAY_MS],
])("a clock that was a day %s", (_how, wrongMs) => {
  test("lets a device go on that signed in meanwhile", async () => {
    door.advance(wrongMs);
    await hers.account.vaultsNow();
    door.advance(-wrongMs);
    expect((await hers.account.vaultsNow()).vaults).toEqual([]);
  });

  test("leaves a token its requests", async () => {
    const { token } = await hers.account.serviceAccounts.create({ title: "CI", vaults: [] });
    door.advance(wrongMs);
    const signedIn = await signInWithToken(crypto, door.call, door.address, parseToken(token));
    await signedIn.session.call("vaults.list", {});
    await door.store.db.updateTable("tokens").set({ reads: serviceLimits.readsPerHour }).execute();
    await expect(signedIn.session.call("vaults.list", {})).rejects.toMatchObject({ name: "rateLimitExceeded" });
    door.advance(-wrongMs);
    await signedIn.session.call("vaults.list", {});
    closeSignedIn(crypto, signedIn);
  });
});

test("a session that began a day ahead ends, and one within the tolerance does not", async () => {
  const created = (ms: number) => ({ created_at: new Date(ms).toISOString() });
  const now = Date.parse((await door.call("service.info", {})).now);
  const sessions = door.store.db.updateTable("sessions");
  await hers.account.vaultsNow();
  const hashes = () => door.store.db.selectFrom("sessions").select("token_hash").execute();
  const before = await hashes();
  await sessions.set(created(now + AHEAD_MS_MAX)).execute();
  await hers.account.vaultsNow();
  expect(await hashes()).toEqual(before);
  await sessions.set(created(now + AHEAD_MS_MAX + 1)).execute();
  await hers.account.vaultsNow();
  expect(await hashes()).not.toEqual(before);
});

test("a challenge of a clock that was ahead lets nobody in once the clock is right", async () => {
  const device = newId(crypto);
  const fetch = door.address.fetch;
  let wrongMs = 0;
  const address = {
    ...door.address,
    fetch: async (request: Request) => {
      const started = request.url.endsWith("signIn.start");
      if (started) door.advance(wrongMs);
      const response = await fetch(request);
      if (started) door.advance(-wrongMs);
      return response;
    },
  };
  const signInAt = (ms: number) => {
    wrongMs = ms;
    return open({ ...door, address, call: createServiceClient(address) }, { ...who, device });
  };
  (await signInAt(AHEAD_MS_MAX)).account.close();
  await expect(signInAt(AHEAD_MS_MAX + 1)).rejects.toMatchObject({ name: "wrongCredentials" });
});

test("a challenge of a clock that was ahead counts once, also when that time comes again", async () => {
  const finishes: Request[] = [];
  const { fetch } = door.address;
  const address = {
    ...door.address,
    fetch: async (request: Request) => {
      if (request.url.endsWith("signIn.finish")) finishes.push(request.clone());
      return fetch(request);
    },
  };
  const signInOnce = async () =>
    (
      await open({ ...door, address, call: createServiceClient(address) }, { ...who, secretKey: who.secretKey.slice() })
    ).account.close();
  door.advance(DAY_MS);
  await signInOnce();
  door.advance(-DAY_MS);
  await signInOnce();
  door.advance(DAY_MS);
  const [first] = finishes;
  if (first === undefined) throw new Error("nobody signed in");
  expect((await fetch(first)).status).toBe(401);
});

test("a view of a share that began a day ahead ends with the next access", async () => {
  const view = (ms: number) => ({
    share: newId(crypto),
    view_hash: crypto.randomBytes(32),
    ends_at: new Date(ms).toISOString(),
  });
  const now = Date.parse((await door.call("service.info", {})).now);
  const living = view(now + 15 * 60_000);
  await door.store.db
    .insertInto("share_views")
    .values([living, view(now + DAY_MS)])
    .execute();
  await door.tidy();
  const left = await door.store.db.selectFrom("share_views").select("share").execute();
  expect(left).toEqual([{ share: living.share }]);
});
