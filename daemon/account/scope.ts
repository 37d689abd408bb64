// The scope of a grant, in ids. Names are resolved before a scope is made, so that a renamed item inherits nothing.
import type { Act, Verb } from "../../protocol/entry.ts";

/** Names are a smaller scope than values. A right to values includes names. A right to names does not include values. */
export type Level = "names" | "values";

/** A part of one account: all of it, a vault, an item, or one field. Narrower parts have more ids. */
export type Scope = {
  readonly account: string;
  readonly level: Level;
  readonly vault?: string;
  readonly item?: string;
  /** Section id and field id joined by "/"; "file:" and the file's id; or "notes:". */
  readonly field?: string;
  /** One act on the account as a whole, and reading its names. It allows no other change. */
  readonly act?: Act;
};

/** Whether a grant of `verb` on `held` covers `asked`. `write` includes `read`. `manage` includes neither. */
export function covers(held: { verb: Verb; scope: Scope }, asked: { verb: Verb; scope: Scope }): boolean {
  const { act, account } = held.scope;
  if (act !== undefined) {
    if (asked.scope.account !== account || asked.scope.level !== "names") return false;
    return asked.scope.act === undefined ? asked.verb === "read" : asked.scope.act === act && asked.verb === held.verb;
  }
  return verbCovers(held.verb, asked.verb) && scopeCovers(held.scope, asked.scope);
}

function verbCovers(held: Verb, asked: Verb): boolean {
  return held === asked || (held === "write" && asked === "read");
}

function scopeCovers(held: Scope, asked: Scope): boolean {
  if (held.account !== asked.account) return false;
  if (held.level === "names" && asked.level === "values") return false;
  if (held.vault !== undefined && held.vault !== asked.vault) return false;
  if (held.item !== undefined && held.item !== asked.item) return false;
  return held.field === undefined || held.field === asked.field;
}

/** A text that only equal scopes and verbs share. Ids hold no separator. */
export function scopeKey(verb: Verb, scope: Scope): string {
  return [
    verb,
    scope.level,
    scope.account,
    scope.vault ?? "",
    scope.item ?? "",
    scope.field ?? "",
    scope.act ?? "",
  ].join("|");
}
