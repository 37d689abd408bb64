// A person's yes, with the strength of its proof. The policy has the last word: a rule about ids, or a stronger minimum, makes it a no. Wherever the
// person was asked, the yes comes here.
import { PosternError } from "../../protocol/errors.ts";
import type { Actor } from "../audit/entry.ts";
import type { Policies, Refusal } from "../policy/policies.ts";
import type { Strength } from "../session/proof.ts";
import type { Sessions } from "../session/sessions.ts";
import type { Broker } from "./broker.ts";
import type { Offer, Prompt } from "./prompt.ts";

/**
 * Answers a prompt with a yes to what was shown. Returns why it was answered as a no; undefined where it was not. The record is on disk before the asker goes
 * on. Throws promptNotFound, locked.
 */
export type GivenYes = (prompt: Prompt, offer: Offer, strength: Strength, by: Actor) => Promise<Refusal | undefined>;

type Parts = {
  readonly sessions: Pick<Sessions, "open">;
  readonly broker: Pick<Broker, "decide" | "find">;
  readonly policies: Pick<Policies, "refusalOf">;
};

export function createGivenYes({ sessions, broker, policies }: Parts): GivenYes {
  return async (prompt, offer, strength, by) => {
    // Another answer or a lock may have ended it while it was looked up. What does not count is not recorded as a yes.
    if (broker.find(prompt.id) === undefined) throw new PosternError("promptNotFound");
    const session = sessions.open(prompt.account);
    const { verb, given, text } = offer;
    const scopes = [...prompt.asked, ...given].map(({ scope }) => scope);
    const refusal = policies.refusalOf(session, { subject: prompt.subject, verb, scopes }, strength);
    if (refusal !== undefined) {
      const { outcome } = refusal;
      session.audit.keep({ event: "policy.denied", outcome, ...by, ids: [prompt.id], names: text });
      await broker.decide(prompt, "no");
      return refusal;
    }
    const ids = [prompt.id, ...given.map(({ scope }) => scope.item ?? scope.vault ?? scope.account)];
    session.audit.keep({ event: "prompts.answer", outcome: "approved", ...by, ids, names: text });
    await broker.decide(prompt, { yes: offer });
    return undefined;
  };
}
