// A policy as sentences. A person reads them before the approval, so each has everything that the rule says.
import { cleanText } from "../../protocol/clean-text.ts";
import type { PolicyStrength } from "../../protocol/policy.ts";
import type { Rule, Rules } from "./parse.ts";

const effects = {
  allow: "without a question, allow",
  ask: "always ask a person before you allow",
  deny: "deny",
} as const;

/** One line for each rule, with its number, and one for each minimum. */
export function sentencesOf({ rules, strengths }: Rules): string[] {
  const lines = [...rules.map(ruleSentence), ...strengths.map(strengthSentence)];
  return lines.length === 0 ? ["It has no rule."] : lines;
}

export function ruleSentence({ number, effect, who, verbs, because, ...what }: Rule): string {
  const verb = verbs.size === 2 ? "to read and change" : verbs.has("read") ? "to read" : "to change";
  const reason = because === undefined ? "" : ` (${cleanText(because)})`;
  return `${number}. ${effects[effect]} ${whoWords(who)} ${verb} ${whatWords(what)}${reason}`;
}

function whoWords(who: Rule["who"]): string {
  if (who === undefined) return "any program";
  const { executable, script, terminal } = who;
  const parts = [
    ...(executable === undefined ? [] : [`the executable ${executable}`]),
    ...(script === undefined ? [] : [`the script ${script}`]),
  ];
  const program = parts.length === 0 ? "any program" : parts.join(" with ");
  const place = terminal === undefined ? "" : terminal ? " with a terminal" : " without a terminal";
  return `${program}${place}`;
}

function whatWords({ reference, vault, item }: Pick<Rule, "reference" | "vault" | "item">): string {
  if (reference !== undefined) return `what it asks for by the words ${cleanText(reference)}`;
  if (item !== undefined) return `the item ${item} of the vault ${vault}`;
  return vault === undefined ? "anything" : `the vault ${vault}`;
}

function strengthSentence({ vault, item, minimum }: PolicyStrength): string {
  return `A yes to the ${item === undefined ? "" : `item ${item} of the `}vault ${vault} needs a proof of the strength ${minimum} or more.`;
}
