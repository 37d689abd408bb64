// The parts of this room, put together: the challenges, the verifier, and the proof that both make.
import type { Primitives } from "../../protocol/crypto/primitives.ts";
import type { Clock } from "../host/clock.ts";
import type { AssertionWay } from "../session/proof.ts";
import { assertionWay } from "./assertion-proof.ts";
import { type Challenges, createChallenges } from "./challenges.ts";
import { createVerifier, type Verifier } from "./verifier.ts";

export type Authenticators = {
  readonly challenges: Challenges;
  readonly verifier: Verifier;
  readonly way: AssertionWay;
};

/** `origin` is that of the app's page; undefined while its door is not open. */
export function createAuthenticators(
  crypto: Primitives,
  clock: Clock,
  origin: () => string | undefined,
): Authenticators {
  const challenges = createChallenges(clock, crypto.randomBytes);
  const verifier = createVerifier(origin);
  return { challenges, verifier, way: assertionWay({ crypto, clock, challenges, verifier }) };
}
