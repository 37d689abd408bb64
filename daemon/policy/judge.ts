// Compares the rules with a request. Deny beats ask, and ask beats allow. Before the proof only what was sent is compared. Rules about ids are
// compared again once the ids are known.
import type { Target, Verb } from "../../protocol/entry.ts";
import type { Scope } from "../account/scope.ts";
import { type Strength, strengths } from "../session/proof.ts";
import type { Asker } from "./asker.ts";
import type { Rule, Rules } from "./parse.ts";
import { matches, sentParts } from "./pattern.ts";

/** The part of a request that rules are compared with. `alone` is a method that is always asked about by itself. */
export type Request = { readonly verb: Verb; readonly alone: boolean; readonly targets: readonly Target[] };

/** Whether a rule is for something, by what was sent, by its scope, or by both. */
type IsFor = (rule: Rule) => boolean;

/** The rule that denies a request by what was sent. */
export function deniedAsSent({ rules }: Rules, { verb, targets }: Request, asker: Asker): Rule | undefined {
  return rules.find(
    (rule) => rule.effect === "deny" && isBy(rule, verb, asker) && targets.some((target) => isSent(rule, target)),
  );
}

/** The rule that denies a scope, by its ids. */
export function deniedById({ rules }: Rules, verb: Verb, scope: Scope, asker: Asker): Rule | undefined {
  return rules.find((rule) => rule.effect === "deny" && isBy(rule, verb, asker) && isWithin(rule, scope));
}

/**
 * The rule that allows a target without a question. It is compared with what was sent alone. An ask or a minimum strength of the ids that the target
 * has led to comes first, since nobody has given a proof.
 */
export function allowedBy(
  policy: Rules,
  { verb, alone }: Request,
  target: Target,
  scope: Scope | undefined,
  asker: Asker,
): Rule | undefined {
  if (alone || verb === "manage" || asker.unseen !== undefined) return undefined;
  const isFor: IsFor = (rule) => isSent(rule, target) || (scope !== undefined && isWithin(rule, scope));
  const isHeld = policy.rules.some((rule) => rule.effect === "ask" && isBy(rule, verb, asker) && isFor(rule));
  if (isHeld || (scope !== undefined && minimumOf(policy, scope) !== undefined)) return undefined;
  return policy.rules.find((rule) => rule.effect === "allow" && isBy(rule, verb, asker) && isSent(rule, target));
}

/** The strength that a proof for this scope must have, where the policy names one. The strongest of several counts. */
export function minimumOf({ strengths: all }: Rules, scope: Scope): Strength | undefined {
  const named = all.filter((one) => isWithin(one, scope)).map(({ minimum }) => strengths.indexOf(minimum));
  return named.length === 0 ? undefined : strengths[Math.max(...named)];
}

export const isWeaker = (given: Strength, minimum: Strength): boolean =>
  strengths.indexOf(given) < strengths.indexOf(minimum);

/** Whether a rule that names an executable could be for this request, so that the hash must be known. */
export function needsHash({ rules }: Rules, { verb }: Request, asker: Asker): boolean {
  return rules.some((rule) => rule.who?.executable !== undefined && isBy(withoutHash(rule), verb, asker));
}

function withoutHash(rule: Rule): Rule {
  const { executable: _hash, ...who } = rule.who ?? {};
  return { ...rule, who };
}

/** Whether a rule is for this verb and this program. An allow is for an interpreter only together with its script. */
export function isBy({ effect, who = {}, verbs }: Rule, verb: Verb, { facts, executable }: Asker): boolean {
  if (verb === "manage" || !verbs.has(verb)) return false;
  const { executable: wanted, script, terminal } = who;
  if (wanted !== undefined && wanted !== executable) return false;
  if (terminal !== undefined && terminal !== (facts.terminal !== undefined)) return false;
  if (script !== undefined) return script === facts.script?.sha256;
  return effect !== "allow" || facts.script === undefined;
}

function isSent({ pattern, vault, item }: Rule, target: Target): boolean {
  if (pattern === undefined && vault === undefined) return true;
  if (!("reference" in target)) {
    // What was named may be an id, too. A title is looked up after the proof.
    const sent = "named" in target ? target.named : target;
    if (vault === undefined || !("vault" in sent)) return false;
    return sent.vault === vault && (item === undefined || sent.item === item);
  }
  const sent = sentParts(target.reference);
  if (sent === undefined) return false;
  if (pattern !== undefined) return matches(pattern, sent);
  return sent[0] === vault && (item === undefined || sent[1] === item);
}

/** Whether a scope lies within what a rule names by ids. A rule about a reference names none. */
function isWithin({ vault, item }: Pick<Rule, "vault" | "item">, scope: Scope): boolean {
  return vault !== undefined && scope.vault === vault && (item === undefined || scope.item === item);
}
