// Calls to services for accounts that are not on this agent yet: a sign-in, the making of an account, a look at the service. Any program may make one while
// no account is here, to a service of its own that never answers. So the calls of one terminal wait for each other alone, and so do those of all programs
// without one. Wrong sign-ins delay their own account alone.
import { PosternError } from "../../protocol/errors.ts";
import { type OneAtATime, oneAtATime } from "../host/one-at-a-time.ts";
import { delayMs } from "./password-tries.ts";
import type { TryPlace } from "./try-place.ts";

/** Calls of one place that wait or run. A person makes one after the other. */
export const FIRST_CALLS_OF_PLACE_MAX = 4;

/** The same of all places. A sign-in needs an Argon2id, and that queue takes as many. */
export const FIRST_CALLS_MAX = 16;

/** Accounts whose wrong tries are remembered, newest last. A forgotten one is still counted by its service. */
export const ACCOUNTS_REMEMBERED_MAX = 64;

/** The account that a sign-in is for. */
export type Sought = { readonly service: string; readonly account: string; readonly user: string };

export type FirstSignIns = {
  /** Makes a call when its turn comes. Throws `busy` past the limits. */
  inTurn<T>(place: TryPlace, work: () => Promise<T>): Promise<T>;
  /** A try. Throws tryLater while wrong ones of this account delay it. Only a password that the service calls wrong counts. */
  attempt<T>(sought: Sought, signIn: () => Promise<T>): Promise<T>;
};

type Place = { readonly run: OneAtATime; calls: number };

export function createFirstSignIns(nowMs: () => number): FirstSignIns {
  const places = new Map<string, Place>();
  const tries = new Map<string, { readonly wrong: number; readonly lastMs: number }>();
  let all = 0;

  function demandTime(key: string): void {
    const { wrong, lastMs } = tries.get(key) ?? { wrong: 0, lastMs: 0 };
    const leftMs = delayMs(wrong) - (nowMs() - lastMs);
    if (leftMs > 0) throw new PosternError("tryLater", `${Math.ceil(leftMs / 1000)} s`);
  }

  function count(key: string): void {
    const wrong = (tries.get(key)?.wrong ?? 0) + 1;
    tries.delete(key);
    const [oldest] = tries.keys();
    if (tries.size >= ACCOUNTS_REMEMBERED_MAX && oldest !== undefined) tries.delete(oldest);
    tries.set(key, { wrong, lastMs: nowMs() });
  }

  return {
    inTurn: async (place, work) => {
      const key = place?.terminal ?? "";
      const own = places.get(key) ?? { run: oneAtATime(FIRST_CALLS_OF_PLACE_MAX), calls: 0 };
      if (all >= FIRST_CALLS_MAX) throw new PosternError("busy");
      places.set(key, own);
      own.calls++;
      all++;
      try {
        return await own.run(work);
      } finally {
        all--;
        own.calls--;
        if (own.calls === 0) places.delete(key);
      }
    },
    attempt: async ({ service, account, user }, signIn) => {
      const key = JSON.stringify([service, account, user]);
      demandTime(key);
      try {
        const signedIn = await signIn();
        tries.delete(key);
        return signedIn;
      } catch (error) {
        if (error instanceof PosternError && error.name === "wrongCredentials") count(key);
        throw error;
      }
    },
  };
}
