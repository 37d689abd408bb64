// An account is taken off the agent while others use it, try its password or wait for its prompts.
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Channel } from "../../clients/typescript/channel.ts";
import { inProcess } from "../service/doors.ts";
import { type InProcessAgent, passing, startInProcess } from "./in-process.ts";
import { attachPerson, makeAccount, PASSWORD, type Person, PIN } from "./person.ts";

let agent: InProcessAgent;
let person: Person;
let program: Channel;
let kit: Awaited<ReturnType<typeof makeAccount>>;

/** Called once, before the service hears of the next sign-in. */
let atSignIn: (() => Promise<void>) | undefined;
/** Replaced answers of operations, by their names. */
let instead: ReadonlyMap<string, string>;
let closeService: () => Promise<void>;

beforeEach(async () => {
  atSignIn = undefined;
  instead = new Map();
  const door = await inProcess();
  closeService = door.close;
  const fetch: typeof door.address.fetch = async (request) => {
    const called = atSignIn;
    if (called !== undefined && request.url.endsWith("signIn.start")) {
      atSignIn = undefined;
      await called();
    }
    const name = instead.get(request.url.slice(request.url.lastIndexOf("/") + 1));
    if (name === undefined) return door.address.fetch(request);
    return Response.json({ error: { name, message: "" } }, { status: 400 });
  };
  agent = await startInProcess(undefined, { ...door, address: { ...door.address, fetch } });
  kit = await passing(agent, makeAccount(agent));
  person = await passing(agent, attachPerson(agent));
  program = await agent.connect();
});
afterEach(async () => {
  program.close();
  person.leave();
  await agent.close();
  await closeService();
});

const remove = (more: { withLog?: boolean } = {}) =>
  passing(agent, person.channel.call("accounts.remove", { password: PASSWORD, withLog: true, ...more }));
const nameOf = (call: Promise<unknown>) =>
  passing(
    agent,
    call.then(
      () => "answered",
      (error: { errorName?: string }) => error.errorName,
    ),
  );
const accounts = () => join(agent.home, "accounts");
const signIn = (more: { pin?: string } = {}) => {
  const { account, user, secretKey } = kit;
  return passing(agent, program.call("accounts.signIn", { account, user, secretKey, password: PASSWORD, ...more }));
};

test("requests that wait for a person end with the account, and the next request learns that there is none", async () => {
  const asked = person.next();
  const waiting = nameOf(program.call("vaults.list", {}));
  await passing(agent, asked);
  await remove();
  expect([await waiting, await nameOf(program.call("vaults.list", {}))]).toEqual(["locked", "signedOut"]);
});

test("subscribers are told that it is locked", async () => {
  const heard: unknown[] = [];
  program.onNotification((method, params) => void (method === "session.changed" && heard.push(params.state)));
  await program.call("agent.subscribe", {});
  await remove();
  await program.call("agent.status", {});
  expect(heard).toEqual(["locked"]);
});

test("a password that waits for its turn behind the removal does not bring the account back", async () => {
  const late: Promise<unknown>[] = [];
  // Locking makes a last request to the service, which has removed the device by then.
  atSignIn = async () => {
    late.push(nameOf(program.call("session.unlock", { password: PASSWORD })));
    late.push(nameOf(program.call("accounts.remove", { password: PASSWORD, withLog: true })));
    // This is answered after them on the same connection. So they are on their way.
    await program.call("agent.status", {});
  };
  await remove();
  // One of the programs without a terminal waits. The second is told so at once.
  expect(await Promise.all(late)).toEqual(["signedOut", "busy"]);
  expect(readdirSync(accounts())).toEqual([]);
  expect((await program.call("agent.status", {})).state).toBe("signedOut");
});

test("of two removals at once one is done, and the other finds nothing to remove", async () => {
  const both = [1, 2].map(() => nameOf(program.call("accounts.remove", { password: PASSWORD, withLog: true })));
  expect((await Promise.all(both)).sort()).toEqual(["answered", "signedOut"]);
  expect(readdirSync(accounts())).toEqual([]);
});

test("a wrong password takes nothing away, and is counted with those at unlock", async () => {
  const wrong = () => nameOf(program.call("accounts.remove", { password: "quite wrong" }));
  expect([await wrong(), await wrong(), await wrong(), await wrong()]).toEqual([
    "wrongPassword",
    "wrongPassword",
    "wrongPassword",
    "tryLater",
  ]);
  expect(readdirSync(accounts())).toEqual([kit.account]);
});

test("a service is not believed that reports the device as removed before any signature", async () => {
  await passing(agent, person.channel.call("session.lock", {}));
  instead = new Map([["signIn.start", "deviceRemoved"]]);
  expect(await nameOf(program.call("accounts.remove", { password: "quite wrong" }))).toBe("serviceRefused");
  expect(readdirSync(accounts())).toEqual([kit.account]);
});

test("a service that falsely reports the device as removed leaves no try uncounted", async () => {
  await passing(agent, person.channel.call("session.lock", {}));
  instead = new Map([["signIn.finish", "deviceRemoved"]]);
  const wrong = () => nameOf(program.call("session.unlock", { password: "quite wrong" }));
  expect([await wrong(), await wrong(), await wrong(), await wrong()]).toEqual([
    "deviceRemoved",
    "deviceRemoved",
    "deviceRemoved",
    "tryLater",
  ]);
});

test.each(["internal", "notPermitted", "busy"])(
  "a service that answers %s to the removal of the device keeps no account here, and it does not stay unlocked",
  async (name) => {
    await passing(agent, person.channel.call("session.lock", {}));
    instead = new Map([["devices.remove", name]]);
    expect(await remove()).toMatchObject({ account: kit.account, deviceRemoved: false });
    expect([readdirSync(accounts()), (await program.call("agent.status", {})).state]).toEqual([[], "signedOut"]);
  },
);

test("a removal that was cut off is finished at the next start", async () => {
  const home = mkdtempSync(join(tmpdir(), "postern-in-"));
  const left = join(home, "accounts", `${kit.account}.removed`);
  mkdirSync(left, { recursive: true, mode: 0o700 });
  writeFileSync(join(left, "device.sealed"), "sealed");
  const other = await startInProcess(home, agent.service);
  expect(readdirSync(join(home, "accounts"))).toEqual([]);
  await other.close();
});

const proof = { kind: "password", password: PASSWORD } as const;
const events = async () =>
  (await passing(agent, program.call("audit.list", { proof, limit: 500 }))).records.map(({ event }) => event);

test("the log stays without a key, continues when the account signs in again, and is proven across the gap", async () => {
  expect(await remove({ withLog: false })).toMatchObject({ deviceRemoved: true, logKept: true });
  const folder = join(accounts(), kit.account);
  expect(readdirSync(folder).sort()).toEqual(["audit-000001.log", "device.sealed"]);
  await signIn();
  expect(await events()).toEqual(expect.arrayContaining(["accounts.create", "session.lock", "accounts.signIn"]));
  expect((await passing(agent, program.call("audit.verify", { proof }))).problems).toEqual([]);
});

test("the log stays where the account was removed while locked, too", async () => {
  await passing(agent, person.channel.call("session.lock", {}));
  await remove({ withLog: false });
  await signIn();
  expect(await events()).toContain("accounts.create");
});

test("an earlier PIN approves nothing when the account signs in again", async () => {
  const left = join(accounts(), kit.account);
  const kept = join(agent.home, "kept");
  cpSync(left, kept, { recursive: true });
  await remove();
  // The state after a crash before the account's file was written, but with the earlier device store and its PIN.
  rmSync(join(kept, "account.json"));
  mkdirSync(accounts(), { recursive: true });
  cpSync(kept, left, { recursive: true });
  expect(existsSync(join(left, "device.sealed"))).toBe(true);
  await signIn();
  expect(await nameOf(program.call("prompts.list", { proof: { kind: "pin", pin: PIN } }))).not.toBe("answered");
  const status = await passing(agent, program.call("agent.status", {}));
  expect(status.sessions).toMatchObject([{ proof: "password" }]);
});

test("a failed sign-in leaves the log, and the error about a changed kept store names its place", async () => {
  await remove({ withLog: false });
  const folder = join(accounts(), kit.account);
  const { account, user, secretKey } = kit;
  const wrong = { account, user, secretKey, password: "quite wrong" };
  expect(await nameOf(program.call("accounts.signIn", wrong))).toBe("wrongCredentials");
  const store = readFileSync(join(folder, "device.sealed"));
  store[store.length - 1] = (store.at(-1) ?? 0) ^ 1;
  writeFileSync(join(folder, "device.sealed"), store);
  const refused = signIn().catch((error: { hint?: string }) => error);
  expect(await refused).toMatchObject({
    errorName: "fileUnusable",
    message: expect.stringContaining(`accounts/${account}/device.sealed is damaged`),
    hint: expect.stringContaining("move it out of the way"),
  });
  expect(readdirSync(folder).sort()).toEqual(["audit-000001.log", "device.sealed"]);
  // Follows the advised next step.
  rmSync(join(folder, "device.sealed"));
  await signIn();
});

test("with the log nothing stays", async () => {
  expect(await remove({ withLog: true })).toMatchObject({ logKept: false });
  expect(readdirSync(accounts())).toEqual([]);
  await signIn();
  expect(await events()).not.toContain("accounts.create");
});

test("an account signs in again after its removal, and the list of devices lacks its former device", async () => {
  const { device } = await remove();
  await signIn({ pin: PIN });
  const { devices } = await passing(agent, program.call("devices.list", { password: PASSWORD }));
  expect(devices.map((one) => [one.thisOne, one.device === device])).toEqual([[true, false]]);
});
