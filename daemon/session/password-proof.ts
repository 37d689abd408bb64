// The account password as a proof. It counts as much as the PIN, and every account has one.
import type { GivenProof, ProofWay } from "./proof.ts";
import type { Sessions } from "./sessions.ts";

/** The wire form of a proof by the password. */
export function byPassword(password: string): GivenProof {
  return { kind: "password", password };
}

/** The account's file counts the tries, with a growing delay (unlocking.ts). */
export function passwordWay(sessions: Pick<Sessions, "provePassword">): ProofWay {
  return {
    kind: "password",
    strength: "pin",
    needsPrompt: false,
    countedInStore: false,
    isReady: () => true,
    verify: (session, typed, place) => sessions.provePassword(session, typed, place),
  };
}
