// A program that names an account which is not here. It is asked about like any other, so that no program learns from an answer which
// accounts there are. A person is told that there is none, in the program's own words; nothing is looked up for them.
import type { Target } from "../../protocol/entry.ts";
import { PosternError } from "../../protocol/errors.ts";
import { displayed } from "../account/displayed-text.ts";
import type { Asked } from "./prompt.ts";
import { missingLines } from "./prompt-lines.ts";

/** What is asked for in an account that is not here. A yes leaves no grant behind; `standIn` is the account whose person is asked. */
export function askedOfNobody(standIn: string, named: string, targets: readonly Target[], before: string): Asked[] {
  const why = `no account here is called ${JSON.stringify(displayed(named))}`;
  const scope = { account: standIn, level: "names" } as const;
  return targets.map((target) => ({ scope, shown: missingLines(textOf(target), why, before), grantable: false }));
}

/** As the program sent it: ids where it sent ids. */
function textOf(target: Target): string {
  if ("reference" in target) return target.reference;
  if ("act" in target) return target.act;
  const what = target.names === true ? "the names in" : "everything in";
  if ("account" in target) return `${what} the whole account`;
  const item = target.item === undefined ? "" : `the item ${target.item} of `;
  return `${what} ${item}the vault ${target.vault}`;
}

/** The same for an account that is here, where the program named it: a no and a wrong name read alike. */
export function deniedOrNone(): PosternError {
  return new PosternError("approvalDenied", undefined, {
    text: "denied, or no such account",
    hint: "look at the name: `postern accounts` lists the accounts of this agent",
  });
}
