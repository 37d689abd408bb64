// A target in the asker's own words. Nothing is looked up, so these lines tell a person nothing that the asker did not send. They are shown
// before the proof: a program could ask on a terminal of its own, and read it.
import type { Target } from "../../protocol/entry.ts";
import { displayedLine } from "../account/displayed-text.ts";
import type { Scope } from "../account/scope.ts";
import { type NamedTarget, namedForm, SENT, sentNamed } from "./named-lines.ts";
import { type Part, promptLines } from "./prompt-lines.ts";
import { accountLines } from "./prompt-names.ts";

/** The lines of a target as it was sent: a reference word for word, or ids. `before` is Postern's own text. */
export function sentLines(target: Target, before = ""): string[] {
  if ("reference" in target) return referenceLines(target.reference, before);
  if ("named" in target) return sentNamed(target, before);
  const level = target.names === true ? "names" : "values";
  if ("account" in target) return accountLines({ level, ...("act" in target ? { act: target.act } : {}) }, before);
  const ids: Part[] = [sentId("vault", target.vault)];
  if (target.item !== undefined) ids.push(sentId("item", target.item));
  return promptLines({ what: level === "names" ? "the names in" : "everything in", parts: ids }, before);
}

/** The scope of a target of ids. */
export function idScope(account: string, target: Exclude<Target, { reference: string } | NamedTarget>): Scope {
  const level = target.names === true ? "names" : "values";
  if ("account" in target) return { account, level, ...("act" in target ? { act: target.act } : {}) };
  return { account, level, vault: target.vault, ...(target.item === undefined ? {} : { item: target.item }) };
}

/** The scope of a target by what was sent. A reference asks for a field, whether there is one or not. */
export function sentForm(account: string, target: Target): Scope {
  if ("named" in target) return namedForm(account, target);
  return "reference" in target
    ? { account, level: "values", vault: SENT, item: SENT, field: SENT }
    : idScope(account, target);
}

function referenceLines(reference: string, before: string): string[] {
  const whole = `${before}${reference}`;
  // A long one has a line of its own, so that Postern's words take no room from it.
  return before === "" || displayedLine(whole) === whole ? [whole] : [before.trimEnd(), reference];
}

const sentId = (kind: Part["kind"], id: string): Part => ({
  kind,
  id,
  title: undefined,
  unique: true,
  unreached: true,
});
