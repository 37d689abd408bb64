// Decides whether a name may be looked up before a person is asked. It may where the asker knows the names around it, or where a person allowed
// the asker this same name. All else is asked about unresolved, so that no answer and no delay tells whether a thing is there.
import { createHmac, randomBytes } from "node:crypto";
import { normalTitle } from "../../protocol/crypto/lookup-tag.ts";
import type { Account } from "../account/account.ts";
import { covers } from "../account/scope.ts";
import type { Grant } from "./grants.ts";
import { type NamedTarget, placesOf } from "./named-lines.ts";

/** The key of this run. A grant holds a hash of the words, and no title. */
const key = randomBytes(32);

/** The hash by which a grant knows the words that a person allowed. Where an item is looked for makes no other words. */
export function wordsOf(account: string, { named, act }: NamedTarget): string {
  const { vault, item, environment, items, group, alike } = named;
  const words = [account, act, vault, item, environment, items, group, alike].map((one) => one ?? null);
  return createHmac("sha256", key).update(JSON.stringify(words)).digest("base64");
}

/** `held` are the asker's living grants. */
export async function mayLookUp(account: Account, held: readonly Grant[], target: NamedTarget): Promise<boolean> {
  const own = held.filter(({ scope, verb }) => scope.account === account.id && verb !== "manage");
  const names = { verb: "read", scope: { account: account.id, level: "names" } } as const;
  const words = wordsOf(account.id, target);
  if (own.some((grant) => covers(grant, names) || grant.words === words)) return true;
  const { named } = target;
  const isMoreThanVault = named.group !== undefined || named.alike !== undefined || named.orNew === true;
  const whole = new Set(own.flatMap(({ scope }) => (scope.item === undefined ? (scope.vault ?? []) : [])));
  if (whole.size === 0 || isMoreThanVault) return false;
  const wanted = normalTitle(named.vault ?? named.environment ?? "");
  const matches = (await placesOf(account, named)).filter(
    ({ id, title }) => id === wanted || normalTitle(title) === wanted,
  );
  return matches.length === 1 && matches.every(({ id }) => whole.has(id));
}
