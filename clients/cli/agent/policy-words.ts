// The words for how policy.json stands to what a person approved.
import type { Methods } from "../../typescript/generated.ts";

export type PolicyState = NonNullable<Methods["policy.get"]["result"]["state"]>;

const ALLOWS_NOTHING = "it allows nothing without a question, and what you approved still denies";

/** A word for `status`, and a line for `policy`. */
const words: Readonly<Record<PolicyState, readonly [part: string, line: string]>> = {
  active: ["policy in force", "The policy is in force."],
  unapproved: [
    "policy waits for your approval",
    "The policy waits for your approval, and counts for nothing until then.",
  ],
  changed: [
    "policy changed: it allows nothing",
    `The policy file was changed since you approved it: ${ALLOWS_NOTHING}.`,
  ],
  missing: ["policy file gone: it allows nothing", `The policy file is gone: ${ALLOWS_NOTHING}.`],
  broken: ["policy file broken: it allows nothing", `The policy file is broken: ${ALLOWS_NOTHING}.`],
  restored: [
    "older policy put back: it allows nothing",
    `An older policy came back with the device store: ${ALLOWS_NOTHING}.`,
  ],
};

/** The part of a line of `status`. Nothing where there is no policy. A newer agent may have another word. */
export function policyPart(state: PolicyState | undefined): string {
  if (state === undefined) return "";
  return `, ${Object.hasOwn(words, state) ? words[state][0] : `policy ${state}`}`;
}

export function policyLine(state: PolicyState | undefined): string {
  if (state === undefined) return "There is no policy: a person is asked, as always.";
  return Object.hasOwn(words, state) ? words[state][1] : `The policy is ${state}.`;
}
