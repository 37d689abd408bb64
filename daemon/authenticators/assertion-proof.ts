// The assertion of an authenticator as a proof. It counts for the one prompt, width and length that its challenge was made for, and for nothing else.
import { wipeableCopy } from "../../protocol/crypto/encoding.ts";
import type { Primitives } from "../../protocol/crypto/primitives.ts";
import { PosternError } from "../../protocol/errors.ts";
import type { Clock } from "../host/clock.ts";
import { authenticatorsOf, noteUse } from "../session/authenticators.ts";
import { opensCopy } from "../session/key-unlock.ts";
import type { Asking, AssertionWay, GivenAssertion, Strength } from "../session/proof.ts";
import type { UnlockedSession } from "../session/session.ts";
import type { Challenges } from "./challenges.ts";
import { fromBase64Url } from "./options.ts";
import type { KnownKey, Verifier } from "./verifier.ts";

type Parts = {
  readonly crypto: Primitives;
  readonly clock: Clock;
  readonly challenges: Challenges;
  readonly verifier: Verifier;
};

export function assertionWay({ crypto, clock, challenges, verifier }: Parts): AssertionWay {
  function strengthOf(session: UnlockedSession, assertion: GivenAssertion): Strength {
    const prf = prfOf(assertion);
    if (prf === undefined) return "verifiedUser";
    try {
      const given = { credential: assertion.id, prf };
      return opensCopy(crypto, session, given) ? "verifiedUserWithKey" : "verifiedUser";
    } finally {
      crypto.wipe(prf);
    }
  }

  return {
    verify: async (session, assertion, asking) => {
      const challenge = challengeFor(session, challenges, asking);
      const { unlocked } = session;
      const counter = await verifier.assertion(challenge, assertion, enrolledKey(session, assertion.id));
      // It was locked meanwhile. Its store cannot be changed, and work that needed the proof cannot continue.
      if (session.unlocked !== unlocked) throw new PosternError("locked");
      await noteUse(unlocked.store, assertion.id, counter, clock.wallMs());
      if (session.unlocked !== unlocked) throw new PosternError("locked");
      return strengthOf(session, assertion);
    },
  };
}

/** The challenge that this answer must be to. It is used up, whatever comes of it. */
function challengeFor(session: UnlockedSession, challenges: Challenges, { by, prompt }: Asking): string {
  if (prompt === undefined) throw new PosternError("promptNotFound", "an authenticator must name an open prompt");
  const held = challenges.take(by, "prompt", prompt.id);
  if (held === undefined) throw unanswered();
  const { account, prompt: id, question } = held.purpose;
  if (account !== session.file.account || id !== prompt.id)
    throw new PosternError("proofRefused", "the challenge was for another prompt");
  if (question !== prompt.question())
    throw new PosternError("proofRefused", "the width or the length is not the one that the challenge was for");
  return held.challenge;
}

/** Nothing here waits for an answer. */
export const unanswered = () =>
  new PosternError("proofRefused", "no challenge of this connection waits: each holds once, for two minutes");

/** The key of an enrolled authenticator. Throws proofRefused. */
export function enrolledKey({ unlocked }: UnlockedSession, credential: string): KnownKey {
  const known = authenticatorsOf(unlocked.store.state).find((one) => one.credential === credential);
  if (known === undefined) throw new PosternError("proofRefused", "this authenticator is not enrolled");
  return known;
}

/** The output of the extension prf, where it came along. The caller wipes it. */
export function prfOf({ clientExtensionResults }: GivenAssertion): Uint8Array | undefined {
  const output = clientExtensionResults.prf?.results.first;
  return output === undefined ? undefined : wipeableCopy(fromBase64Url(output));
}
