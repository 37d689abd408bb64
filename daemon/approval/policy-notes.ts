// What a prompt says of the policy. Anybody may know how its file stands, since every program of the user can read it. Which rule a yes would meet is
// for the person who gave a proof.
import type { Verb } from "../../protocol/entry.ts";
import type { Subject } from "../peer/subject.ts";
import { GIVEN, type Holder, type Policies, policyWords } from "../policy/policies.ts";
import type { Asked } from "./prompt.ts";

export const noNotes = { file: [], yes: [] } as const;

export function policyNotes(
  policies: Policies,
  holder: Holder,
  { subject, verb, asked }: { subject: Subject; verb: Verb; asked: readonly Asked[] },
): { file: readonly string[]; yes: readonly string[] } {
  const state = policies.stateOf(holder);
  // One that was never approved counts for nothing, so a question is as it was without it.
  const isTold = state !== "none" && state !== "active" && state !== "unapproved";
  const scopes = asked.map(({ scope }) => scope);
  const refusal = policies.refusalOf(holder, { subject, verb, scopes }, GIVEN);
  return {
    file: isTold ? [policyWords[state]] : [],
    yes: refusal === undefined ? [] : [`Yes is answered as a no: ${refusal.text}.`],
  };
}
