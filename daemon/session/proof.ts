// Proofs make an answer count. The agent itself verifies each proof, and the sender does not matter. Each kind of proof stands behind one type:
// the ones that a person types, and the assertion of an authenticator.
import type { ParamsOf } from "../../protocol/catalogue.ts";
import { PosternError } from "../../protocol/errors.ts";
import type { UnlockedSession } from "./session.ts";
import type { TryPlace } from "./try-place.ts";

/** The strengths of proofs, weakest first: presence, a known secret, the system's own check, and a key. */
export const strengths = ["presence", "pin", "system", "verifiedUser", "verifiedUserWithKey"] as const;
export type Strength = (typeof strengths)[number];

/** A proof on the wire: its kind, and what was typed or signed. */
export type GivenProof = NonNullable<ParamsOf<"prompts.answer">["proof"]>;

type AssertedProof = Extract<GivenProof, { kind: "webauthn" }>;

/** A kind of proof that a person types. */
export type TypedKind = Exclude<GivenProof, AssertedProof>["kind"];

/** What an authenticator has signed. */
export type GivenAssertion = AssertedProof["assertion"];

/**
 * What a proof came with: the connection that sent it, and the open prompt that it names. `question` is the hash of that prompt's question with the
 * chosen width and length.
 */
export type Asking = {
  readonly by: object;
  readonly prompt?: { readonly id: string; question(): string } | undefined;
  /** Where it was typed. */
  readonly place?: TryPlace;
};

/** One kind of typed proof. */
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
  verify(session: UnlockedSession, typed: string, place?: TryPlace): Promise<void>;
};

/** The proof by an authenticator. It answers a challenge for one prompt, so no try can be guessed and none is counted. */
export type AssertionWay = {
  /** Returns the strength: whether the authenticator's own key came along. Throws proofRefused, locked, authenticatorUnavailable. */
  verify(session: UnlockedSession, assertion: GivenAssertion, asking: Asking): Promise<Strength>;
};

export type Proofs = {
  /** Checks a proof. Returns its strength. Throws promptNotFound and the errors of its kind. */
  verify(session: UnlockedSession, given: GivenProof, asking: Asking): Promise<Strength>;
  /** The kind to ask a person for first. */
  offered(session: UnlockedSession): TypedKind;
  /** Whether a refused try of this kind has moved the device store's counter. */
  countsInStore(given: GivenProof): boolean;
};

/** `ways` are in the order in which a person is asked for them. The last one is always ready. */
export function createProofs(ways: readonly ProofWay[], asserted: AssertionWay): Proofs {
  const wayOf = (kind: string): ProofWay => {
    const way = ways.find((one) => one.kind === kind);
    if (way === undefined) throw new Error("the catalogue has a kind of proof that no way answers");
    return way;
  };
  return {
    verify: async (session, given, asking) => {
      if (given.kind === "webauthn") return asserted.verify(session, given.assertion, asking);
      const way = wayOf(given.kind);
      if (way.needsPrompt && asking.prompt === undefined)
        throw new PosternError("promptNotFound", `a ${way.kind.toUpperCase()} must name an open prompt`);
      await way.verify(session, typedOf(given), asking.place);
      return way.strength;
    },
    offered: (session) => {
      const ready = ways.find((way) => way.isReady(session));
      if (ready === undefined) throw new Error("no way of proving is ready");
      return ready.kind as TypedKind;
    },
    countsInStore: ({ kind }) => kind !== "webauthn" && wayOf(kind).countedInStore,
  };
}

/** The typed text, under the name of its kind. */
function typedOf(given: Exclude<GivenProof, AssertedProof>): string {
  return (given as unknown as Record<string, string>)[given.kind] ?? "";
}
