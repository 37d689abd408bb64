// Decides whether a name or a reference may be looked up before a person is asked. It may where the asker knows the names around it, or where a
// person allowed the asker this same name or reference. All else is asked about unresolved, so that no answer and no delay tells whether a thing
// is there.
import { normalTitle } from "../../protocol/crypto/lookup-tag.ts";
import type { Named, Target } from "../../protocol/entry.ts";
import { PosternError } from "../../protocol/errors.ts";
import { parseReference, type SecretReference } from "../../protocol/secret/reference.ts";
import type { Account } from "../account/account.ts";
import { covers, type Scope } from "../account/scope.ts";
import type { Unlocked } from "../session/unlocked.ts";
import type { Grant } from "./grants.ts";
import { type NamedTarget, placesOf } from "./named-lines.ts";

type Words = Pick<Unlocked, "hashWords">;

/** A target of which an asker sends words, and no ids that a grant could be compared with. */
export type WordsTarget = Extract<Target, { reference: string }> | NamedTarget;

export const isOfWords = (target: Target): target is WordsTarget => "reference" in target || "named" in target;

/** The hashes by which grants know words that a person allowed: of the words themselves, and of the item that they lead to. */
export type AllowedWords = { readonly words: string; readonly itemWords?: string };

/** The hashes of a target. Where an item is looked for makes no other words. Undefined for a text that is no reference: it asks for nothing. */
export function wordsOf({ hashWords }: Words, target: WordsTarget): AllowedWords | undefined {
  if ("named" in target) return { words: hashWords(namedWords(target)), itemWords: hashWords(itemWords(target.named)) };
  const parts = partsOf(target.reference);
  if (parts === undefined) return undefined;
  return { words: hashWords(["reference", target.reference]), itemWords: hashWords(itemWords(parts)) };
}

const namedWords = ({ named, act }: NamedTarget) => {
  const { vault, item, environment, items, group, alike } = named;
  return act === undefined && item !== undefined && items === undefined && group === undefined && alike === undefined
    ? itemWords(named)
    : ["named", act, vault, item, environment, items, group, alike];
};

const itemWords = ({ vault, item }: Pick<Named, "vault" | "item">) => ["item", vault, item];

function partsOf(reference: string): SecretReference | undefined {
  try {
    return parseReference(reference);
  } catch (error) {
    if (error instanceof PosternError && error.name === "invalidReference") return undefined;
    throw error;
  }
}

/** What the asker holds: its living grants, and whether it is a program that a person allowed such words for every start. */
export type Holding = { readonly grants: readonly Grant[]; readonly knows: (words: string) => boolean };

/**
 * Whether a target may be looked up for the holder of these grants. All of it is decided by the grants and by the words that were sent. A vault's title
 * is compared with those of all vaults, whether it is there or not.
 */
export function mayLookUp(
  account: Account,
  holding: Holding,
  target: WordsTarget,
  allowed: AllowedWords,
): boolean | Promise<boolean> {
  const own = holding.grants.filter(({ scope, verb }) => scope.account === account.id && verb !== "manage");
  const names = { verb: "read", scope: { account: account.id, level: "names" } } as const;
  // A reference leads to a field, and a right to names tells of no field.
  const fitting = "reference" in target ? own.filter(({ scope }) => scope.level === "values") : own;
  if (own.some((grant) => isAllowed(grant, allowed, target)) || fitting.some((grant) => covers(grant, names)))
    return true;
  if ("reference" in target) {
    if (own.some(({ scope }) => isItemOf(scope, target.reference))) return true;
    if (holding.knows(allowed.words)) return true;
  }
  const whole = new Set(fitting.flatMap(({ scope }) => (scope.item === undefined ? (scope.vault ?? []) : [])));
  return whole.size > 0 && isWithin(account, whole, target);
}

/** An item's words serve a reference only where all of the item was allowed. The names of its fields are more than its title. */
function isAllowed({ words, scope }: Grant, allowed: AllowedWords, target: WordsTarget): boolean {
  if (words === undefined) return false;
  if (words === allowed.words) return true;
  const isWholeItem = scope.item !== undefined && scope.field === undefined && scope.level === "values";
  return "reference" in target && isWholeItem && words === allowed.itemWords;
}

/** Whether a reference names, by both ids, an item that was allowed whole. */
function isItemOf({ vault, item, field, level }: Scope, reference: string): boolean {
  if (vault === undefined || item === undefined || field !== undefined || level !== "values") return false;
  return reference.startsWith(`op://${vault}/${item}/`);
}

/** Whether the target lies in one of the vaults that were allowed whole. */
async function isWithin(account: Account, whole: ReadonlySet<string>, target: WordsTarget): Promise<boolean> {
  const named = "named" in target ? target.named : { vault: partsOf(target.reference)?.vault ?? "" };
  if (named.group !== undefined || named.alike !== undefined || named.orNew === true) return false;
  const wanted = normalTitle(named.vault ?? named.environment ?? "");
  const matches = (await placesOf(account, named)).filter(
    ({ id, title }) => id === wanted || normalTitle(title) === wanted,
  );
  return matches.length === 1 && matches.every(({ id }) => whole.has(id));
}
