// Says what the rules would do if a process asked for a reference. Nothing is looked up: it must not tell whether the reference leads to anything.
import type { ResultOf } from "../../protocol/catalogue.ts";
import { cleanText } from "../../protocol/clean-text.ts";
import type { PeerIdentity, ProcessFacts } from "../peer/peer.ts";
import type { Asker } from "./asker.ts";
import { allowedBy, deniedAsSent, isBy } from "./judge.ts";
import type { Rule, Rules } from "./parse.ts";
import { ruleSentence, sentencesOf } from "./sentences.ts";

type Explanation = Omit<ResultOf<"policy.test">, "resting">;
type Asked = { readonly verb: "read" | "write"; readonly reference: string };

/** `isActive` says whether rules that allow count now. */
export function explained(
  rules: Rules = { rules: [], strengths: [] },
  { verb, reference }: Asked,
  asker: Asker,
  identity: PeerIdentity,
  isActive: boolean,
): Explanation {
  const target = { reference };
  const request = { verb, alone: false, targets: [target] };
  const denied = deniedAsSent(rules, request, asker);
  const allowed = isActive ? allowedBy(rules, request, target, undefined, asker) : undefined;
  const asking = denied ?? allowed ?? askingRule(rules, { verb, reference }, asker);
  return {
    effect: denied !== undefined ? "deny" : allowed !== undefined ? "allow" : "ask",
    ...(asking === undefined ? {} : { rule: shown(asking) }),
    later: denied === undefined ? laterOf(rules, verb, asker) : [],
    ...(asker.unseen === undefined ? {} : { unseen: asker.unseen }),
    processes: [identity, ...identity.ancestors].map((facts) => shownProcess(facts, asker)),
  };
}

/** The rule that asks, where one keeps another from allowing. */
function askingRule(rules: Rules, { verb, reference }: Asked, asker: Asker): Rule | undefined {
  const asks = { ...rules, rules: rules.rules.filter(({ effect }) => effect === "ask").map(asDeny) };
  const found = deniedAsSent(asks, { verb, alone: false, targets: [{ reference }] }, asker);
  return rules.rules.find(({ number }) => number === found?.number);
}

const asDeny = (rule: Rule): Rule => ({ ...rule, effect: "deny" });

/** The rules about ids that are for this program and verb, and the minimum strengths. */
function laterOf({ rules, strengths }: Rules, verb: "read" | "write", asker: Asker): string[] {
  const byId = rules.filter((rule) => rule.vault !== undefined && rule.effect !== "allow" && isBy(rule, verb, asker));
  const minimums = strengths.length === 0 ? [] : sentencesOf({ rules: [], strengths });
  return [...byId.map(ruleSentence), ...minimums];
}

const shown = (rule: Rule) => ({ number: rule.number, effect: rule.effect, text: ruleSentence(rule) });

function shownProcess(facts: ProcessFacts, asker: Asker): Explanation["processes"][number] {
  const { pid, executable, script, terminal } = facts;
  const judged = pid === asker.facts.pid;
  return {
    pid,
    program: cleanText(executable?.path ?? "unknown"),
    ...(judged && asker.executable !== undefined ? { sha256: asker.executable } : {}),
    ...(script === undefined
      ? {}
      : {
          script: {
            path: cleanText(script.path),
            ...(script.sha256 === undefined ? {} : { sha256: script.sha256 }),
            seen: script.isOpen,
          },
        }),
    terminal: terminal !== undefined,
    judged,
  };
}
