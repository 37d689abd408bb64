// Challenges that authenticators sign. Each belongs to one connection and one purpose, holds for two minutes, and is used up by the first answer, right or
// wrong. So an answer that was seen once is worth nothing a second time.
import { createHash } from "node:crypto";
import { type Clock, elapsedMs, type Moment, momentOf } from "../host/clock.ts";

/** Milliseconds for which a challenge holds: as long as a prompt waits. */
export const CHALLENGE_MS = 120_000;

/** Challenges of one connection at once: more than a person looks at. The oldest one ends. */
export const CHALLENGES_MAX = 32;

/** Bytes of fresh randomness in a challenge (WebAuthn Level 3, section 13.4.3, asks for 16). */
const FRESH_BYTES = 32;

/** What an answer is for. */
export type Purposes = {
  readonly enrolment: { readonly account: string; readonly name: string; readonly salt: string };
  readonly unlockCopy: { readonly account: string; readonly credential: string; readonly salt: string };
  /** `question` is the hash of the prompt's question with the chosen width and length. */
  readonly prompt: { readonly account: string; readonly prompt: string; readonly question: string };
  readonly unlock: { readonly account: string };
};

export type Held<K extends keyof Purposes> = { readonly purpose: Purposes[K]; readonly challenge: string };

export type Challenges = {
  /** A new challenge (base64url), in place of an earlier one of this holder and kind, and of the same prompt. */
  issue<K extends keyof Purposes>(holder: object, kind: K, purpose: Purposes[K]): string;
  /** The challenge of this holder, once. */
  take<K extends keyof Purposes>(holder: object, kind: K, prompt?: string): Held<K> | undefined;
};

type Kept = { readonly purpose: unknown; readonly challenge: string; readonly at: Moment };

export function createChallenges(clock: Clock, randomBytes: (size: number) => Uint8Array): Challenges {
  /** They go with their connection. */
  const kept = new WeakMap<object, Map<string, Kept>>();
  return {
    issue: (holder, kind, purpose) => {
      const challenge = challengeOf(kind, purpose, randomBytes(FRESH_BYTES));
      const own = kept.get(holder) ?? new Map<string, Kept>();
      const [oldest] = own.keys();
      if (own.size >= CHALLENGES_MAX && oldest !== undefined) own.delete(oldest);
      own.set(keyOf(kind, "prompt" in purpose ? purpose.prompt : undefined), {
        purpose,
        challenge,
        at: momentOf(clock),
      });
      kept.set(holder, own);
      return challenge;
    },
    take: <K extends keyof Purposes>(holder: object, kind: K, prompt?: string) => {
      const own = kept.get(holder);
      const key = keyOf(kind, prompt);
      const found = own?.get(key);
      own?.delete(key);
      if (found === undefined || elapsedMs(momentOf(clock), found.at) >= CHALLENGE_MS) return undefined;
      return { purpose: found.purpose as Purposes[K], challenge: found.challenge };
    },
  };
}

/** A page may show several questions, and a touch is for one of them. */
const keyOf = (kind: keyof Purposes, prompt: string | undefined) => `${kind} ${prompt ?? ""}`;

/**
 * SHA-256 over what the answer is for, and fresh bytes. So a signature covers the very question that the person saw. Its hash holds the prompt's salt, which
 * is sent to nobody: who guesses the question cannot try the guess on a challenge.
 */
function challengeOf(kind: keyof Purposes, purpose: Purposes[keyof Purposes], fresh: Uint8Array): string {
  const bound = JSON.stringify([kind, ...Object.values(purpose)]);
  return createHash("sha256").update(fresh).update(bound).digest("base64url");
}
