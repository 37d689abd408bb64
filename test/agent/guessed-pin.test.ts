// Every door through which a PIN is set refuses one that is guessed first. A PIN that was set before the rule goes on working.
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadSodium } from "../../daemon/host/sodium.ts";
import { newDeviceState } from "../../daemon/session/device-store.ts";
import { demandUnguessed, pinWay, setPin } from "../../daemon/session/pin.ts";
import type { UnlockedSession } from "../../daemon/session/session.ts";
import { createTryQueue } from "../../daemon/session/try-queue.ts";
import { catalogue } from "../../protocol/catalogue.ts";
import { lightArgon2 } from "../light-argon2.ts";
import { type InProcessAgent, startInProcess } from "./in-process.ts";
import { makeAccount, PASSWORD, PIN } from "./person.ts";
import { openRaw } from "./raw.ts";

const GUESSED = "147258";
const FAULT = {
  name: "invalidParams",
  message: expect.stringMatching(/pin is guessed first/),
  hint: expect.stringContaining("choose another one"),
};

let agent: InProcessAgent;
beforeAll(async () => {
  agent = await startInProcess();
});
afterAll(() => agent.close());

/** The error, and the whole line that holds it. */
async function refusal(method: string, params: object) {
  const raw = await openRaw(agent.socket);
  await raw.ask({
    jsonrpc: "2.0",
    id: 1,
    method: "agent.hello",
    params: { protocol: 2, client: { name: "t", version: "1" } },
  });
  const answer = (await raw.ask({ jsonrpc: "2.0", id: 2, method, params })) as {
    error?: { message: string; data: { name: string; hint?: string } };
  };
  raw.close();
  const { message, data } = answer.error ?? expect.fail(`${method} took it`);
  return { error: { message, name: data.name, hint: data.hint }, line: JSON.stringify(answer) };
}

test("accounts.create makes no account with it, and takes a good one after it", async () => {
  const { error, line } = await refusal("accounts.create", { name: "Ada", password: PASSWORD, pin: GUESSED });
  expect(error).toEqual(FAULT);
  expect(line).not.toContain(GUESSED);
  await makeAccount(agent);
});

test("accounts.create takes the account's own name for no PIN", async () => {
  const proof = { kind: "password", password: PASSWORD };
  const params = { name: "Grace Hopper", password: "nine loud lighthouses", pin: "gRaceHopper", proof };
  expect((await refusal("accounts.create", params)).error).toEqual(FAULT);
});

test("accounts.setPin keeps the PIN from before", async () => {
  const { error, line } = await refusal("accounts.setPin", { password: PASSWORD, pin: GUESSED });
  expect(error).toEqual(FAULT);
  expect(line).not.toContain(GUESSED);
  const channel = await agent.connect();
  const { sessions } = await channel.call("agent.status", {});
  expect(sessions[0]?.proof).toBe("pin");
  await channel.call("accounts.setPin", { password: PASSWORD, pin: PIN });
  channel.close();
});

test("accounts.setPin tells nobody without the password what it thinks of a PIN", async () => {
  expect((await refusal("accounts.setPin", { password: "wrong", pin: GUESSED })).error.name).toBe("proofRefused");
});

test("accounts.signIn tells it before the sign-in", async () => {
  const params = {
    account: "a".repeat(26),
    user: "b".repeat(26),
    secretKey: "P1-ABCDEF-GHJKMN-PQRSTV-WXYZ01-234567",
    password: "long enough",
    pin: GUESSED,
    proof: { kind: "password", password: PASSWORD },
  };
  expect((await refusal("accounts.signIn", params)).error).toEqual(FAULT);
});

test("no other method takes a new PIN", () => {
  const takers = Object.entries(catalogue).filter(
    ([, { params }]) => "pin" in ((params as { properties?: object }).properties ?? {}),
  );
  expect(takers.map(([method]) => method).sort()).toEqual(["accounts.create", "accounts.setPin", "accounts.signIn"]);
});

test("a PIN that was set before it was refused still approves", async () => {
  const crypto = lightArgon2(loadSodium());
  let state = newDeviceState;
  const change = async (next: (before: typeof state) => typeof state) => {
    state = next(state);
  };
  const store = {
    get state() {
      return state;
    },
    change,
    changeNow: change,
  };
  await setPin(crypto, store, GUESSED);
  await expect(demandUnguessed(GUESSED, [])).rejects.toMatchObject({ name: "invalidParams" });
  const session = { unlocked: { store }, tries: createTryQueue() } as unknown as UnlockedSession;
  await expect(pinWay(crypto).verify(session, GUESSED)).resolves.toBeUndefined();
});
