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

/**
 * The hashes of a target, each made when it is read first. Where an item is looked for makes no other words. Undefined for a text that is no
 * reference: it asks for nothing.
 */
export function wordsOf({ hashWords }: Words, target: WordsTarget): AllowedWords | undefined {
  const isNamed = "named" in target;
  const item = isNamed ? target.named : partsOf(target.reference);
  if (item === undefined) return undefined;
  let words: string | undefined;
  let ofItem: string | undefined;
  return {
    get words() {
      words ??= hashWords(isNamed ? namedWords(target) : ["reference", target.reference]);
      return words;
    },
    get itemWords() {
      ofItem ??= hashWords(itemWords(item));
      return ofItem;
    },
  };
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

/** How far a target may be looked up. "names": whether its vault and its item are there. What fields the item has, and what is kept of it, is no name. */
export type MayLookUp = boolean | "names";

/**
 * How far a target may be looked up for the holder of these grants. All of it is decided by the grants and by the words that were sent. A vault's title
 * is compared with those of all vaults, whether it is there or not.
 */
export function mayLookUp(
  account: Account,
  holding: Holding,
  target: WordsTarget,
  allowed: AllowedWords,
): MayLookUp | Promise<MayLookUp> {
  const own = holding.grants.filter(({ scope, verb }) => scope.account === account.id && verb !== "manage");
  const values = { verb: "read", scope: { account: account.id, level: "values" } } as const;
  if (own.some((grant) => covers(grant, values))) return true;
  const isOfAccount = own.some((grant) => covers(grant, { ...values, scope: { ...values.scope, level: "names" } }));
  const whole = own.filter(({ scope }) => scope.vault !== undefined && scope.item === undefined);
  const byWords = () => isByWords(own, holding, target, allowed);
  const decided = (found: MayLookUp) => found === true || byWords() || (isOfAccount ? "names" : found);
  if (whole.length === 0) return decided(false);
  const found = vaultsOf(account, target);
  return found instanceof Promise
    ? found.then((vaults) => decided(inVaults(whole, vaults)))
    : decided(inVaults(whole, found));
}

/** Whether a person allowed these words, or by its ids the item that a reference names. */
function isByWords(own: readonly Grant[], holding: Holding, target: WordsTarget, allowed: AllowedWords): boolean {
  if (own.some((grant) => isAllowed(grant, allowed, target))) return true;
  if (!("reference" in target)) return false;
  return own.some(({ scope }) => isItemOf(scope, target.reference)) || holding.knows(allowed.words);
}

/** How far grants of whole vaults let a target be looked up whose words mean these vaults. */
function inVaults(whole: readonly Grant[], [found, ...others]: readonly string[]): MayLookUp {
  if (found === undefined || others.length > 0) return false;
  const those = whole.filter(({ scope }) => scope.vault === found);
  if (those.some(({ scope }) => scope.level === "values")) return true;
  return those.length > 0 && "names";
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

/** The vaults or environments that the words of a target mean. None for a thing that lies in no vault, or is made by the call. */
function vaultsOf(account: Account, target: WordsTarget): readonly string[] | Promise<readonly string[]> {
  const named: Named = "named" in target ? target.named : { vault: partsOf(target.reference)?.vault ?? "" };
  if (named.group !== undefined || named.alike !== undefined || named.orNew === true) return [];
  return named.environment === undefined ? account.matchVaults(named.vault ?? "") : environmentsLike(account, named);
}

async function environmentsLike(account: Account, named: Named): Promise<string[]> {
  const wanted = normalTitle(named.environment ?? "");
  const places = await placesOf(account, named);
  return places.filter(({ id, title }) => id === wanted || normalTitle(title) === wanted).map(({ id }) => id);
}
