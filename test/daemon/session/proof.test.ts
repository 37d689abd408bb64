// Every way of proving passes the same tests: the PIN, the account password, and a third way that exists only here.
import { afterEach, describe, expect, test } from "vitest";
import { loadSodium } from "../../../daemon/host/sodium.ts";
import { type DeviceState, type DeviceStore, newDeviceState } from "../../../daemon/session/device-store.ts";
import { passwordWay } from "../../../daemon/session/password-proof.ts";
import { pinWay, setPin, WRONG_IN_ROW_MAX } from "../../../daemon/session/pin.ts";
import {
  type Asking,
  type AssertionWay,
  createProofs,
  type GivenProof,
  type ProofWay,
  strengths,
} from "../../../daemon/session/proof.ts";
import type { UnlockedSession } from "../../../daemon/session/session.ts";
import { createTryQueue } from "../../../daemon/session/try-queue.ts";
import { PosternError } from "../../../protocol/errors.ts";
import { lightArgon2 } from "../../light-argon2.ts";

const crypto = lightArgon2(loadSodium());
const RIGHT = "493817";
const WRONG = "493818";

/** The state on disk after each write. The try must be there before the answer. */
const written: DeviceState[] = [];
afterEach(() => void written.splice(0));

function store(): DeviceStore {
  let state = newDeviceState;
  const change: DeviceStore["change"] = async (next) => {
    state = next(state);
    written.push(state);
  };
  return {
    get state() {
      return state;
    },
    change,
    changeNow: change,
  };
}

type Tried = { readonly way: ProofWay; readonly session: UnlockedSession; readonly triesCounted: () => number };

async function pin(): Promise<Tried> {
  const session = { unlocked: { store: store() }, tries: createTryQueue() } as unknown as UnlockedSession;
  await setPin(crypto, session.unlocked.store, RIGHT);
  return {
    way: pinWay(crypto),
    session,
    triesCounted: () => session.unlocked.store.state.pin?.wrongSincePassword ?? 0,
  };
}

async function password(): Promise<Tried> {
  let tries = 0;
  const provePassword = async (_session: UnlockedSession, typed: string) => {
    tries++;
    if (typed !== RIGHT) throw new PosternError("proofRefused", "wrong account password");
    tries = 0;
  };
  return { way: passwordWay({ provePassword }), session: {} as UnlockedSession, triesCounted: () => tries };
}

/** Acts like a fingerprint: it is no secret of ours, and it counts tries in its own memory. */
async function third(): Promise<Tried> {
  let tries = 0;
  const way: ProofWay = {
    kind: "third",
    strength: "system",
    needsPrompt: true,
    countedInStore: false,
    isReady: () => true,
    verify: async (_session, typed) => {
      tries++;
      if (typed !== RIGHT) throw new PosternError("proofRefused", "not this one");
      tries = 0;
    },
  };
  return { way, session: {} as UnlockedSession, triesCounted: () => tries };
}

/** No test here has an authenticator: test/agent/authenticators.test.ts. */
const unasked: AssertionWay = { verify: () => Promise.reject(new Error("no authenticator was asked")) };
const proofsBy = (...ways: ProofWay[]) => createProofs(ways, unasked);
const aboutPrompt: Asking = { by: {}, prompt: { id: "a prompt", question: () => "its hash" } };

const given = (kind: string, typed: string) => ({ kind, [kind]: typed }) as unknown as GivenProof;

describe.each([
  ["the PIN", pin],
  ["the account password", password],
  ["a third way", third],
])("%s", (_what, made) => {
  test("has a kind of its own and a strength of the list", async () => {
    const { way } = await made();
    expect(strengths).toContain(way.strength);
    expect(way.kind).not.toBe("");
  });

  test("is verified under its own name alone", async () => {
    const { way, session } = await made();
    const proofs = proofsBy(way);
    await expect(proofs.verify(session, given(way.kind, RIGHT), aboutPrompt)).resolves.toBe(way.strength);
    await expect(proofs.verify(session, given("another", RIGHT), aboutPrompt)).rejects.toThrow("no way answers");
    await expect(
      proofs.verify(session, { kind: way.kind, another: RIGHT } as unknown as GivenProof, aboutPrompt),
    ).rejects.toThrow(PosternError);
  });

  test("refuses what is wrong, counts it, and takes the right one after it", async () => {
    const { way, session, triesCounted } = await made();
    await expect(way.verify(session, WRONG)).rejects.toMatchObject({ name: "proofRefused" });
    expect(triesCounted()).toBe(1);
    await way.verify(session, RIGHT);
  });

  test("names an open prompt where it may decide about nothing else", async () => {
    const { way, session, triesCounted } = await made();
    const alone = proofsBy(way).verify(session, given(way.kind, RIGHT), { by: {} });
    if (way.needsPrompt) await expect(alone).rejects.toMatchObject({ name: "promptNotFound" });
    else await alone;
    expect(triesCounted()).toBe(0);
  });
});

describe("the PIN's tries", () => {
  test("that come at once from one place are no more than one that is made and one that waits", async () => {
    const { way, session, triesCounted } = await pin();
    const names = await Promise.all(
      Array.from({ length: WRONG_IN_ROW_MAX }, () => way.verify(session, WRONG).catch(({ name }: Error) => name)),
    );
    expect(names).toEqual(["proofRefused", "proofRefused", "busy", "busy", "busy"]);
    expect(triesCounted()).toBe(2);
  });

  test("are on disk before they are answered, and switch it off", async () => {
    const { way, session } = await pin();
    for (let tried = 1; tried <= WRONG_IN_ROW_MAX; tried++) {
      written.splice(0);
      await expect(way.verify(session, WRONG)).rejects.toThrow(PosternError);
      expect(written[0]?.pin?.wrongInRow).toBe(tried);
    }
    expect(way.isReady(session)).toBe(false);
    await expect(way.verify(session, RIGHT)).rejects.toMatchObject({ name: "pinDisabled" });
  });
});

describe("a person is asked first", () => {
  test("for the first way that is ready", async () => {
    const { way, session } = await pin();
    const proofs = proofsBy(way, (await password()).way);
    expect(proofs.offered(session)).toBe("pin");
    await setPin(crypto, session.unlocked.store, undefined);
    expect(proofs.offered(session)).toBe("password");
  });
});
