// What is refused gives the memory of its keys back, wherever it is refused. Otherwise a program could use that memory up by asking for what it
// does not get.
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { openAccount } from "../../clients/account/open-account.ts";
import { createServiceClient } from "../../clients/account/service-client.ts";
import { changePassword, closeSignedIn, signIn, signInWithToken } from "../../clients/account/user-keys.ts";
import { withoutReserve } from "../../daemon/host/key-reserve.ts";
import { parseToken } from "../../protocol/access/service-account-token.ts";
import type { OperationName } from "../../protocol/service-catalogue.ts";
import {
  crypto,
  type InProcess,
  inProcess,
  newUser,
  type Opened,
  open,
  PASSWORD,
  type User,
} from "../service/doors.ts";

let door: InProcess;
let ada: User;
let opened: Opened;
let token: string;
let alter: { name: OperationName; change?: (answer: never) => unknown } | undefined;

/** The honest service. One of its operations is refused, or its answer is changed. */
async function alteredFetch(request: Request): Promise<Response> {
  const { name, change } = alter ?? {};
  if (name === undefined || !request.url.endsWith(`/v1/${name}`)) return door.address.fetch(request);
  if (change === undefined) return Response.json({ error: { name: "notPermitted", message: "no" } }, { status: 403 });
  const response = await door.address.fetch(request);
  return Response.json(change((await response.json()) as never));
}

const altered = () => {
  const address = { origin: door.address.origin, fetch: alteredFetch };
  return { ...door, address, call: createServiceClient(address) };
};

beforeAll(async () => {
  door = await inProcess();
  ada = await newUser(door);
  opened = await open(altered(), ada);
  const { account } = opened;
  const { id } = await account.createVault("Here", "");
  token = (await account.serviceAccounts.create({ title: "CI", vaults: [{ id, permissions: 32 }] })).token;
});
beforeEach(() => {
  alter = undefined;
});
afterAll(() => door.close());

/** Flips a bit of sealed bytes. */
function broken(base64: string): string {
  const bytes = Uint8Array.fromBase64(base64);
  bytes[20] = (bytes[20] ?? 0) ^ 1;
  return bytes.toBase64();
}

async function demandGivenBack(times: number, work: () => Promise<unknown>, name: string): Promise<void> {
  const before = crypto.keysLeft();
  for (let time = 0; time < times; time++) await expect(work()).rejects.toMatchObject({ name });
  expect(before - crypto.keysLeft()).toBe(0);
}

test("vaults that the service refuses to make", async () => {
  alter = { name: "vaults.create" };
  await demandGivenBack(10, () => opened.account.createVault("No", ""), "notPermitted");
});

test("a password that the service refuses to change", async () => {
  alter = { name: "users.changePassword" };
  const { signedIn } = opened;
  await demandGivenBack(
    3,
    () => changePassword(crypto, signedIn, { ...ada, newPassword: "another one" }),
    "notPermitted",
  );
});

test.each(["keyset", "rootKey"] as const)("a sign-in whose %s does not open", async (part) => {
  type Answer = { record: { rootKey: string; keyset: { sealedPrivate: string } } };
  alter = {
    name: "signIn.finish",
    change: (({ record, ...answer }: Answer) => ({
      ...answer,
      record:
        part === "rootKey"
          ? { ...record, rootKey: broken(record.rootKey) }
          : { ...record, keyset: { ...record.keyset, sealedPrivate: broken(record.keyset.sealedPrivate) } },
    })) as (answer: never) => unknown,
  };
  const { call, address } = altered();
  await demandGivenBack(3, () => signIn(crypto, call, address, { ...ada, password: PASSWORD }), "sealBroken");
  await demandGivenBack(3, () => signInWithToken(crypto, call, address, parseToken(token)), "sealBroken");
});

test("whatever is under way where the memory ends", async () => {
  const { call, address } = door;
  const before = crypto.keysLeft();
  let refused = 0;
  for (let room = 0; ; room++) {
    // As tokens get it: less than all.
    const bounded = withoutReserve(crypto, before - room);
    try {
      const byPassword = await signIn(bounded, call, address, { ...ada, password: PASSWORD });
      const account = openAccount(bounded, ada.account, ada.user, byPassword, undefined, door.now);
      await account.vaults().finally(account.close);
      break;
    } catch (error) {
      expect(error).toMatchObject({ name: "busy" });
      refused++;
    }
    expect([room, before - crypto.keysLeft()]).toEqual([room, 0]);
  }
  expect(crypto.keysLeft()).toBe(before);
  expect(refused).toBeGreaterThan(4);
});

test("a token where the memory ends", async () => {
  const { call, address } = door;
  const before = crypto.keysLeft();
  let refused = 0;
  for (let room = 0; ; room++) {
    const bounded = withoutReserve(crypto, before - room);
    const signedIn = await signInWithToken(bounded, call, address, parseToken(token)).catch((error: unknown) => error);
    if (!(signedIn instanceof Error)) {
      closeSignedIn(bounded, signedIn as Opened["signedIn"]);
      break;
    }
    expect(signedIn).toMatchObject({ name: "busy" });
    refused++;
    expect([room, before - crypto.keysLeft()]).toEqual([room, 0]);
  }
  expect(refused).toBeGreaterThan(3);
});
