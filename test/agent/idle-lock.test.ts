// The time without use after which an account locks: its person chooses it, for this account on this device. The test moves the agent's clock.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Channel } from "../../clients/typescript/channel.ts";
import { IDLE_MS, idleLockMs, idleLockOf, SUSPENDED_MS, UNLOCKED_MS_MAX } from "../../daemon/session/idle.ts";
import { type InProcess, inProcess } from "../service/doors.ts";
import { type InProcessAgent, passing, startInProcess } from "./in-process.ts";
import { attachPerson, makeAccount, makeWork, PASSWORD, WORK_PASSWORD } from "./person.ts";
import { startAgent } from "./start.ts";

let service: InProcess;
let agent: InProcessAgent;
let channel: Channel;
let kit: Awaited<ReturnType<typeof makeAccount>>;

beforeEach(async () => {
  service = await inProcess();
  agent = await startInProcess(undefined, service);
  kit = await makeAccount(agent);
  channel = await agent.connect();
});
afterEach(async () => {
  channel.close();
  await agent.close();
  await service.close();
});

type IdleLock = keyof typeof idleLockMs;

const set = (idleLock: IdleLock, more: { password?: string; account?: string } = {}) =>
  channel.call("accounts.setIdleLock", { idleLock, ...more });
const run = <T>(promise: Promise<T>) => passing(agent, promise);
const outcomeOf = (promise: Promise<unknown>) =>
  run(
    promise.then(
      () => "ok",
      (error: { errorName?: string }) => error.errorName ?? String(error),
    ),
  );
/** Whether the account is open. Asking this is no use of it. */
const isOpen = async (account = "Ada", password = PASSWORD) =>
  channel.call("accounts.kit", { account, password }).then(
    () => true,
    (error: { errorName?: string }) => (error.errorName === "locked" ? false : Promise.reject(error)),
  );
const unlock = (account = "Ada", password = PASSWORD) => run(channel.call("session.unlock", { account, password }));
const storeOf = (home: string) => join(home, "accounts", kit.account, "device.sealed");

/** The default account's idle lock, as the status tells its person. */
async function told(): Promise<IdleLock | undefined> {
  const person = await attachPerson(agent);
  const { sessions } = await person.channel.call("agent.status", {});
  person.leave();
  return sessions[0]?.idleLock;
}

describe("an account", () => {
  test("locks after ten minutes without use where nobody chose another time", async () => {
    expect(await told()).toBe("tenMinutes");
    agent.clock.advance(IDLE_MS);
    expect(await isOpen()).toBe(true);
    agent.clock.advance(1);
    expect(await isOpen()).toBe(false);
  });

  test("stays open for eight hours without use after its person chose that, and not a millisecond longer", async () => {
    await set("eightHours", { password: PASSWORD });
    expect(await told()).toBe("eightHours");
    agent.clock.advance(idleLockMs.eightHours);
    expect(await isOpen()).toBe(true);
    agent.clock.advance(1);
    expect(await isOpen()).toBe(false);
  });

  test("locks at once where the shorter time is over already", async () => {
    await set("eightHours", { password: PASSWORD });
    agent.clock.advance(IDLE_MS + 1);
    expect(await isOpen()).toBe(true);
    await set("tenMinutes");
    expect(await isOpen()).toBe(false);
  });

  test("does not lock with a screen of which this agent cannot hear: the choice is refused, and nothing changes", async () => {
    const { code } = await channel.call("accounts.setIdleLock", { idleLock: "screenLock", password: PASSWORD }).then(
      () => ({ code: "ok" }),
      (error: { errorName: string }) => ({ code: error.errorName }),
    );
    expect(code).toBe("screenUnheard");
    expect(await told()).toBe("tenMinutes");
    agent.clock.advance(IDLE_MS + 1);
    expect(await isOpen()).toBe(false);
  });

  test("is not kept open by setting its idle lock again and again", async () => {
    for (let times = 0; times < 4; times++) {
      await set("tenMinutes");
      agent.clock.advance(IDLE_MS / 4);
    }
    expect(await isOpen()).toBe(true);
    agent.clock.advance(1);
    expect(await isOpen()).toBe(false);
  });

  test("with eight hours still locks twelve hours after its unlock, however busy", async () => {
    await set("eightHours", { password: PASSWORD });
    const person = await run(attachPerson(agent));
    person.always("yes");
    const began = agent.clock.monotonicMs();
    const until = (ms: number) => agent.clock.advance(began + ms - agent.clock.monotonicMs());
    for (const quarter of [1, 2, 3]) {
      await run(channel.call("vaults.list", {}));
      until((quarter * UNLOCKED_MS_MAX) / 4);
    }
    await run(channel.call("vaults.list", {}));
    until(UNLOCKED_MS_MAX - 1_000);
    expect(await isOpen()).toBe(true);
    until(UNLOCKED_MS_MAX + 1);
    expect(await isOpen()).toBe(false);
    person.leave();
  });

  test.each([
    ["the machine sleeps", () => agent.clock.sleep(SUSPENDED_MS + 1)],
    ["the wall clock is set back", () => agent.clock.setWall(agent.clock.wallMs() - 60_001)],
    [
      "the wall clock is set forward by eight hours",
      () => agent.clock.setWall(agent.clock.wallMs() + idleLockMs.eightHours + 1),
    ],
  ])("with eight hours still locks when %s", async (_what, happen) => {
    await set("eightHours", { password: PASSWORD });
    happen();
    expect(await isOpen()).toBe(false);
  });

  test("ends the grants at its lock, whatever time they were given for", async () => {
    const person = await run(attachPerson(agent));
    const shown = person.next();
    const listing = channel.call("vaults.list", {});
    await run(person.yes(await run(shown), { idleMinutes: 60 }));
    await run(listing);
    agent.clock.advance(IDLE_MS + 1);
    expect(await outcomeOf(channel.call("vaults.list", { noWait: true }))).toBe("locked");
    await unlock();
    expect(await outcomeOf(channel.call("vaults.list", { noWait: true }))).toBe("approvalRequired");
    person.leave();
  });
});

describe("a longer time", () => {
  test.each([
    ["without the password", {}, "proofRequired"],
    ["for a wrong password", { password: "not the password" }, "proofRefused"],
    ["while the account is locked", { password: PASSWORD }, "locked"],
  ])("is refused %s, and nothing changes", async (_how, more, refusal) => {
    if (refusal === "locked") await run(channel.call("session.lock", {}));
    expect(await outcomeOf(channel.call("accounts.setIdleLock", { idleLock: "eightHours", ...more }))).toBe(refusal);
    await unlock();
    expect(await told()).toBe("tenMinutes");
  });

  test("is recorded, and so is the shorter one", async () => {
    await set("eightHours", { password: PASSWORD });
    await set("tenMinutes");
    await set("tenMinutes");
    const { records } = await run(
      channel.call("audit.list", { proof: { kind: "password", password: PASSWORD }, limit: 100 }),
    );
    const outcomes = records.filter(({ event }) => event === "accounts.setIdleLock").map(({ outcome }) => outcome);
    // The third one changed nothing.
    expect(outcomes).toEqual(["eightHours", "tenMinutes"]);
  });

  test("of one account is no other account's", async () => {
    await run(makeWork(agent));
    await set("eightHours", { password: WORK_PASSWORD, account: "Work" });
    expect(
      await outcomeOf(channel.call("accounts.setIdleLock", { idleLock: "eightHours", password: WORK_PASSWORD })),
    ).toBe("proofRefused");
    agent.clock.advance(IDLE_MS + 1);
    expect([await isOpen("Ada"), await isOpen("Work", WORK_PASSWORD)]).toEqual([false, true]);
  });

  test("is told to no program that may not see the account", async () => {
    await set("eightHours", { password: PASSWORD });
    const { sessions } = await run(channel.call("agent.status", {}));
    expect(sessions[0]).not.toHaveProperty("idleLock");
    const person = await run(attachPerson(agent));
    const seen = await run(person.channel.call("agent.status", {}));
    expect(seen.sessions[0]?.idleLock).toBe("eightHours");
    person.leave();
  });

  test("is over when an older copy of the device store is put back, and the person is told", async () => {
    await set("eightHours", { password: PASSWORD });
    const older = readFileSync(storeOf(agent.home));
    await set("tenMinutes");
    await run(channel.call("session.lock", {}));
    writeFileSync(storeOf(agent.home), older);
    const { warnings } = await unlock();
    expect(warnings).toContainEqual(expect.stringContaining("locks after ten idle minutes again"));
    expect(await told()).toBe("tenMinutes");
  });

  test("is over after the account was signed out here and in again", async () => {
    await set("eightHours", { password: PASSWORD });
    await run(channel.call("accounts.remove", { password: PASSWORD }));
    const { account, user, secretKey } = kit;
    await run(channel.call("accounts.signIn", { account, user, secretKey, password: PASSWORD }));
    expect(await told()).toBe("tenMinutes");
  });

  test("stays where the service is away at that moment, and is there after the next unlock", async () => {
    agent.setMood("away");
    await set("eightHours", { password: PASSWORD });
    agent.setMood("well");
    await run(channel.call("session.lock", {}));
    await unlock();
    expect(await told()).toBe("eightHours");
  });
});

test("what a store says that no agent of today knows means ten minutes, and so does a store without it", () => {
  expect(idleLockOf({})).toBe("tenMinutes");
  for (const unknown of ["withTheTide", "toString", "__proto__"])
    expect(idleLockOf({ idleLock: unknown as IdleLock })).toBe("tenMinutes");
});

test("an acknowledged choice is there after kill -9", async () => {
  const killed = await startAgent();
  await makeAccount(killed);
  const before = await killed.connect();
  await before.call("accounts.setIdleLock", { idleLock: "eightHours", password: PASSWORD });
  await killed.end("SIGKILL");
  const again = await killed.restart();
  const after = await again.connect();
  await after.call("session.unlock", { password: PASSWORD });
  const person = await attachPerson(again);
  expect((await person.channel.call("agent.status", {})).sessions[0]?.idleLock).toBe("eightHours");
  for (const one of [before, after, person.channel]) one.close();
  await again.remove();
});
