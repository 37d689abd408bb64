// Proofs make an answer count. The agent itself verifies each proof, and the sender does not matter. Each kind of proof stands behind one type.
// So a fingerprint, or a dialog of the system, is added as one more kind.
import type { ParamsOf } from "../../protocol/catalogue.ts";
import { PosternError } from "../../protocol/errors.ts";
import type { UnlockedSession } from "./session.ts";

/** The strengths of proofs, weakest first: presence, a known secret, the system's own check, and a key. */
export const strengths = ["presence", "pin", "system", "verifiedUser", "verifiedUserWithKey"] as const;
export type Strength = (typeof strengths)[number];

/** A proof on the wire: its kind, and the typed text under the name of the kind. */
export type GivenProof = NonNullable<ParamsOf<"prompts.answer">["proof"]>;

/** One kind of proof. */
export type ProofWay = {
  /** Its name on the wire. */
  readonly kind: string;
  readonly strength: Strength;
  /** Whether it decides about open prompts only, so that nobody can try it on anything else. */
  readonly needsPrompt: boolean;
  /** Whether the device store counts its tries. The service repeats the counter of that store. */
  readonly countedInStore: boolean;
  /** Whether it is set up here and not switched off. */
  isReady(session: UnlockedSession): boolean;
  /**
   * Checks the typed text. A try is counted on disk before the answer, so that killing the agent during a guess gains nothing. Throws
   * proofRefused, locked, and the errors of its own limits (pinDisabled, tryLater, busy).
   */
  verify(session: UnlockedSession, typed: string): Promise<void>;
};

export type Proofs = {
  /** Checks a proof. `namesPrompt` says whether it came with an open prompt. Throws promptNotFound and the errors of its kind. */
  verify(session: UnlockedSession, given: GivenProof, namesPrompt: boolean): Promise<void>;
  /** The kind to ask a person for first. */
  offered(session: UnlockedSession): GivenProof["kind"];
  /** The strength of a right proof of this kind. */
  strengthOf(given: GivenProof): Strength;
  /** Whether a refused try of this kind has moved the device store's counter. */
  countsInStore(given: GivenProof): boolean;
};

/** `ways` are in the order in which a person is asked for them. The last one is always ready. */
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
    strengthOf: (given) => wayOf(given).strength,
    countsInStore: (given) => wayOf(given).countedInStore,
  };
}

function typedOf(given: GivenProof): string {
  return (given as unknown as Record<string, string>)[given.kind] ?? "";
}
