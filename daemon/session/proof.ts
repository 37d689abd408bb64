// Proofs: what makes an answer count. The agent verifies each itself; who sends one does not matter. Each way of proving stands
// behind one type, so that a fingerprint or a system's own dialog is added by one more of them.
import type { ParamsOf } from "../../protocol/catalogue.ts";
import { PosternError } from "../../protocol/errors.ts";
import type { UnlockedSession } from "./session.ts";

/** How much a proof says, weakest first: that somebody is there, what they know, what the system knows of them, and of a key. */
export const strengths = ["presence", "pin", "system", "verifiedUser", "verifiedUserWithKey"] as const;
export type Strength = (typeof strengths)[number];

/** A proof as it comes over the wire: its kind, and what was typed under the name of the kind. */
export type GivenProof = NonNullable<ParamsOf<"prompts.answer">["proof"]>;

/** One way of proving. */
export type ProofWay = {
  /** Its name on the wire. */
  readonly kind: string;
  readonly strength: Strength;
  /** Whether it decides about open prompts alone, so that it cannot be tried against anything else. */
  readonly needsPrompt: boolean;
  /** Whether its tries lie in the device store, whose counter the service repeats. */
  readonly countedInStore: boolean;
  /** Whether it is set up here, and not switched off. */
  isReady(session: UnlockedSession): boolean;
  /**
   * Checks what was typed. A try is counted on disk before it is answered, so that ending the agent in the middle of a guess gains
   * nothing. Throws proofRefused, and what its own limits say (pinDisabled, tryLater, busy), locked.
   */
  verify(session: UnlockedSession, typed: string): Promise<void>;
};

export type Proofs = {
  /** Checks a proof; `namesPrompt` says whether it came with an open prompt. Throws promptNotFound, and what its way throws. */
  verify(session: UnlockedSession, given: GivenProof, namesPrompt: boolean): Promise<void>;
  /** The kind that a person is asked for first. */
  offered(session: UnlockedSession): GivenProof["kind"];
  /** Whether a refused try of this kind has moved the device store's counter. */
  countsInStore(given: GivenProof): boolean;
};

/** `ways` stand in the order in which a person is asked for them; the last one is always ready. */
export function createProofs(ways: readonly ProofWay[]): Proofs {
  const wayOf = ({ kind }: GivenProof): ProofWay => {
    const way = ways.find((one) => one.kind === kind);
    if (way === undefined) throw new Error("the catalogue has a kind of proof that no way answers");
    return way;
  };
  return {
    verify: async (session, given, namesPrompt) => {
      const way = wayOf(given);
      if (way.needsPrompt && !namesPrompt)
        throw new PosternError("promptNotFound", `a ${way.kind.toUpperCase()} must name an open prompt`);
      await way.verify(session, typedOf(given));
    },
    offered: (session) => {
      const ready = ways.find((way) => way.isReady(session));
      if (ready === undefined) throw new Error("no way of proving is ready");
      return ready.kind as GivenProof["kind"];
    },
    countsInStore: (given) => wayOf(given).countedInStore,
  };
}

function typedOf(given: GivenProof): string {
  return (given as unknown as Record<string, string>)[given.kind] ?? "";
}
