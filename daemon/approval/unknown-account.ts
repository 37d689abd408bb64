// A program names an account that is not on this agent. A person is asked about it as about any other, so that no program learns from an answer
// which accounts exist. The prompt says that there is no such account, and shows the program's own words. Nothing is looked up.
import type { Target } from "../../protocol/entry.ts";
import { PosternError } from "../../protocol/errors.ts";
import { displayed } from "../account/displayed-text.ts";
import type { Asked } from "./prompt.ts";
import { missingLines } from "./prompt-lines.ts";
import { sentForm, sentLines } from "./sent-lines.ts";

/** A question about an account that is not on this agent. A yes leaves no grant. The person of the account `standIn` is asked. */
export function askedOfNobody(standIn: string, named: string, targets: readonly Target[], before: string): Asked[] {
  const why = `no account here is called ${JSON.stringify(displayed(named))}`;
  const scope = { account: standIn, level: "names" } as const;
  return targets.map((target) => ({
    scope,
    form: sentForm(standIn, target),
    sent: sentLines(target, before),
    shown: missingLines(textOf(target), why, before),
    grantable: false,
    ofNobody: true,
  }));
}

/** The target in the program's own words: ids where it sent ids. */
function textOf(target: Target): string {
  if ("reference" in target) return target.reference;
  if ("named" in target) return sentLines(target).join(" ");
  if ("act" in target) return target.act;
  const what = target.names === true ? "the names in" : "everything in";
  if ("account" in target) return `${what} the whole account`;
  const item = target.item === undefined ? "" : `the item ${target.item} of `;
  return `${what} ${item}the vault ${target.vault}`;
}

/** The same error for an existing account that the program named, so that a no and a wrong name read alike. */
export function deniedOrNone(): PosternError {
  return new PosternError("approvalDenied", undefined, {
    text: "denied, or no such account",
    hint: "if nobody said no, look at the name: `postern accounts` lists the accounts of this agent",
  });
}
