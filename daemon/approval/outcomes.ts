// What the targets of a request lead to, and the scopes that it wants.
import type { Target } from "../../protocol/entry.ts";
import { type FoundThing, findNamed } from "../account/named-things.ts";
import { isMissing, type Located, type Missing, type Resolver } from "../account/resolver.ts";
import type { Scope } from "../account/scope.ts";
import type { Access } from "../call/access.ts";
import type { Unlocked } from "../session/unlocked.ts";
import { isOfWords, type MayLookUp, type WordsTarget } from "./known-names.ts";
import { foundScope, type NamedTarget } from "./named-lines.ts";
import { idScope, sentForm } from "./sent-lines.ts";

/** The outcome of each target that names something. `unknown` ones may not be looked up before a person says yes. */
export type Outcome = Located | FoundThing | Missing | "unknown";

/** Looks up the references and names that may be looked up, as far as they may. */
export function outcomesOf(
  resolver: Resolver,
  unlocked: Unlocked,
  targets: readonly Target[],
  mayFind: (target: WordsTarget) => MayLookUp | Promise<MayLookUp>,
): (Outcome | Promise<Outcome>)[] {
  return targets.filter(isOfWords).map((target) => {
    const find = (may: MayLookUp): Outcome | Promise<Outcome> => {
      if (may === false) return "unknown";
      if (may === true || "named" in target) return outcomeOf(resolver, unlocked, target);
      return resolver.absent(unlocked, target.reference).then((missing) => missing ?? "unknown");
    };
    const may = mayFind(target);
    return may instanceof Promise ? may.then(find) : find(may);
  });
}

/** What one reference or name leads to. */
export function outcomeOf(
  resolver: Resolver,
  unlocked: Unlocked,
  target: WordsTarget,
): Exclude<Outcome, "unknown"> | Promise<Exclude<Outcome, "unknown">> {
  return "reference" in target
    ? resolver.locate(unlocked, target.reference)
    : findNamed(unlocked.account, target.named);
}

/** The outcomes as a handler takes them. None is unknown: the gate has passed. */
export function sorted(targets: readonly Target[], found: readonly Outcome[]): Pick<Access, "found" | "named"> {
  const looked = targets.filter(isOfWords);
  const all = found.map((outcome, index) => ({ outcome, isNamed: "named" in (looked[index] ?? {}) }));
  return {
    found: all.flatMap(({ outcome, isNamed }) => (isNamed ? [] : [outcome as Located | Missing])),
    named: all.flatMap(({ outcome, isNamed }) => (isNamed ? [outcome as FoundThing | Missing] : [])),
  };
}

/** Whether a target asks for something. A text that is no reference asks for nothing. */
export function isQuestion(found: readonly Outcome[]): (target: Target) => boolean {
  let next = 0;
  return (target) => {
    if (!("reference" in target)) return true;
    const outcome = found[next++];
    return outcome === undefined || outcome === "unknown" || !isMissing(outcome) || !outcome.harmless;
  };
}

/** A needed scope, and the target that needs it. A missing thing is asked about too, but leaves no grant behind. */
export type Wanted = {
  readonly target: Target;
  readonly scope: Scope;
  readonly grantable: boolean;
  readonly isUnknown?: true;
  readonly found?: Pick<Located, "place">;
  readonly why?: string | undefined;
  /** The reference that leads nowhere. */
  readonly missing?: string;
};

export function scopesOf(account: string, targets: readonly Target[], found: readonly Outcome[]): Wanted[] {
  let next = 0;
  return targets.flatMap((target): Wanted[] => {
    if (!isOfWords(target)) return [{ target, scope: idScope(account, target), grantable: true }];
    const outcome = found[next++];
    if (outcome === undefined || outcome === "unknown")
      return [{ target, scope: sentForm(account, target), grantable: false, isUnknown: true }];
    if ("named" in target) return [namedScope(account, target, outcome)];
    if (!("place" in outcome || "error" in outcome)) throw new Error("a reference was not looked up");
    // Keeps the place only. The found value may hold a whole item, and a person takes minutes to answer.
    if (!isMissing(outcome))
      return [{ target, scope: outcome.scope, grantable: true, found: { place: outcome.place } }];
    if (outcome.harmless) return [];
    const { reference: missing } = target;
    return [{ target, scope: missingScope(account, outcome), grantable: false, missing, why: outcome.error.message }];
  });
}

/** Knowing that a thing is missing is knowledge about names: those of the vault, or those of the account's vaults. */
export const missingScope = (account: string, { vault }: Missing): Scope => ({
  account,
  level: "names",
  ...(vault === undefined ? {} : { vault }),
});

function namedScope(account: string, target: NamedTarget, outcome: Exclude<Outcome, "unknown">): Wanted {
  if (isMissing(outcome))
    return { target, scope: missingScope(account, outcome), grantable: false, why: outcome.error.message };
  return { target, scope: foundScope(account, target, outcome as FoundThing), grantable: true };
}

/** The part of a target that a person's yes is about. */
export function meant({ scope, grantable, why }: Wanted): unknown {
  return [scope, grantable, why];
}
