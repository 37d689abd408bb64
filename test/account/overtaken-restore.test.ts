// Several restores of one account run at once. The last one takes over. Every earlier one learns this wherever it stands. Nobody else can sign in
// until the account is whole. Each restore is held at a request until the others have moved.
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { CallService } from "../../clients/account/service-client.ts";
import { PosternError } from "../../protocol/errors.ts";
import type { OperationName } from "../../protocol/service-catalogue.ts";
import { dump, type InProcess, inProcess, overview, type User } from "../service/doors.ts";
import { contentOf, openAt, restore, undisturbed } from "./restored.ts";

let source: InProcess;
let ada: User;
let lines: string[];
let whole: unknown;
let door: InProcess;

beforeAll(async () => {
  ({ source, ada, lines, whole } = await undisturbed());
});
afterAll(() => source.close());
beforeEach(async () => {
  door = await inProcess();
  return () => door.close();
});

test("a restore brings back what a service account made, and its right to make vaults", () => {
  expect(whole).toMatchObject({
    vaults: expect.arrayContaining([
      expect.objectContaining({ title: "Builds", items: [expect.objectContaining({ overview: overview("Built") })] }),
    ]),
    serviceAccounts: expect.arrayContaining([expect.objectContaining({ title: "CI", makesVaults: true, tokens: [] })]),
  });
});

const refusalDetails = (attempt: Promise<unknown>): Promise<string> =>
  attempt.then(
    () => "whole",
    (error: unknown) => (error instanceof PosternError ? error.message : String(error)),
  );
const overtaken = "this conflicts with what exists already: another restore of the account took it over";
const notRestoring = "this conflicts with what exists already: the account is there already, and is not being restored";

type Held = { readonly outcome: Promise<string>; goOn(): void };

/** Starts a restore that stops before its nth request of this name, and waits there. */
async function heldAt(name: OperationName, nth = 1): Promise<Held> {
  const there = Promise.withResolvers<void>();
  const going = Promise.withResolvers<void>();
  let requests = 0;
  const call: CallService = async (operation, params, options) => {
    if (operation === name && ++requests === nth) {
      there.resolve();
      await going.promise;
    }
    return door.call(operation, params, options);
  };
  const outcome = refusalDetails(restore(door, ada, lines, { call }));
  await Promise.race([there.promise, outcome]);
  expect(requests).toBe(nth);
  return { outcome, goOn: going.resolve };
}

/** Starts a restore that is cut off at its nth request of this name. */
async function cutAt(name: OperationName, nth = 1): Promise<void> {
  let died = false;
  let requests = 0;
  const call: CallService = (operation, params, options) => {
    died ||= operation === name && ++requests === nth;
    return died ? Promise.reject(new PosternError("offline")) : door.call(operation, params, options);
  };
  await refusalDetails(restore(door, ada, lines, { call }));
  expect(requests).toBe(nth);
}

/** All rows, including the sessions. Challenges are left out, since anybody can ask for them. */
async function everything(): Promise<unknown> {
  return [dump(door.folder), await door.store.db.selectFrom("sessions").selectAll().execute()];
}

async function devices(): Promise<string[]> {
  const rows = await door.store.db.selectFrom("devices").select("id").where("removed", "=", 0).execute();
  return rows.map(({ id }) => id);
}

async function demandWhole(): Promise<void> {
  expect(await devices()).toHaveLength(1);
  expect(await contentOf(door, ada)).toEqual(whole);
}

test.each([
  "accounts.create",
  "signIn.start",
  "serviceAccounts.list",
  "groups.list",
  "vaults.list",
  "items.list",
  "items.getAll",
  "items.put",
  "accounts.endRestore",
] as const)("one that is overtaken at %s changes nothing more and says what happened", async (name) => {
  await cutAt("items.put", 2);
  const first = await heldAt(name);
  await cutAt("groups.list");
  const before = await everything();
  // Before it signs in, this restore has not begun. So it takes over the account itself.
  const signedIn = name !== "accounts.create" && name !== "signIn.start";
  first.goOn();
  expect(await first.outcome).toBe(signedIn ? overtaken : "whole");
  if (signedIn) expect(await everything()).toEqual(before);
  if (signedIn) await restore(door, ada, lines);
  await demandWhole();
});

test("one that made the account is overtaken before its first row", async () => {
  const first = await heldAt("groups.create");
  await restore(door, ada, lines);
  const before = await everything();
  first.goOn();
  expect(await first.outcome).toBe(overtaken);
  expect(await everything()).toEqual(before);
  await demandWhole();
});

test("one that has only to report its end is overtaken by a later one, and only the later one ends it", async () => {
  const first = await heldAt("accounts.endRestore");
  const second = await heldAt("accounts.endRestore");
  first.goOn();
  expect(await first.outcome).toBe(overtaken);
  await expect(openAt(door, ada)).rejects.toMatchObject({ name: "restoreUnfinished" });
  second.goOn();
  expect(await second.outcome).toBe("whole");
  await demandWhole();
});

test("one that signs in after the account became whole is refused, and the device in use stays", async () => {
  const first = await heldAt("accounts.endRestore");
  const second = await heldAt("signIn.finish");
  first.goOn();
  expect(await first.outcome).toBe("whole");
  const { account, signedIn } = await openAt(door, ada);
  const listed = await devices();
  const before = await everything();
  second.goOn();
  expect(await second.outcome).toBe(notRestoring);
  expect(await everything()).toEqual(before);
  expect(await devices()).toEqual(listed);
  await account.changeUserData((data) => ({ ...data, deviceCounters: { d: 1 } }));
  await signedIn.session.signIn();
});

test.each(["groups.list", "items.put", "accounts.endRestore"] as const)(
  "kit and password open nothing while a restore stands at %s, and it goes on to its end",
  async (name) => {
    await cutAt("items.put", 2);
    const first = await heldAt(name);
    const before = await everything();
    await expect(openAt(door, ada)).rejects.toMatchObject({ name: "restoreUnfinished" });
    await expect(openAt(door, ada, "wrong password")).rejects.toMatchObject({ name: "wrongCredentials" });
    expect(await everything()).toEqual(before);
    first.goOn();
    expect(await first.outcome).toBe("whole");
    await demandWhole();
  },
);

test("a session that ran out while a restore writes is renewed as a restore's", async () => {
  const first = await heldAt("items.put", 2);
  await door.store.db.deleteFrom("sessions").execute();
  first.goOn();
  expect(await first.outcome).toBe("whole");
  await demandWhole();
});
