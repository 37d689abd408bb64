// Names the target of a question: by titles, and by an id too where a title alone is not clear. This file looks titles up and compares them.
// prompt-lines.ts puts them into lines.
import { PosternError } from "../../protocol/errors.ts";
import { MalformedItem } from "../../protocol/item/malformed-item.ts";
import { fieldTitles } from "../../protocol/secret/match.ts";
import { type Account, environmentsOf } from "../account/account.ts";
import type { AccountItem } from "../account/account-item.ts";
import type { Place } from "../account/cache.ts";
import { displayed } from "../account/displayed-text.ts";
import type { Scope } from "../account/scope.ts";
import { type Part, promptLines, type Thing } from "./prompt-lines.ts";

/** The target of a question: a scope, and the place that a reference led to. */
export type Named = { readonly scope: Scope; readonly found?: { readonly place: Place } };

/** The lines of the target, after the text before it. */
export async function promptNames(account: Account, { scope, found }: Named, before = ""): Promise<string[]> {
  if (scope.act !== undefined || scope.vault === undefined) return accountLines(scope, before);
  // By its titles, and not by the sent reference, which may hold ids that mean nothing to a person.
  const thing = found === undefined ? await partOf(account, scope, scope.vault) : await fieldAt(account, found.place);
  return promptLines(thing, before);
}

/** The lines of an act on the account, or of the account as a whole. Nothing in them is looked up. */
export function accountLines({ act, level }: Pick<Scope, "act" | "level">, before = ""): string[] {
  if (act === undefined) return promptLines({ what: `${amountOf(level)} the whole account`, parts: [] }, before);
  const rights = makersRights[act];
  const what = `${act}, and read the names in the whole account`;
  return [...promptLines({ what, parts: [] }, before), ...(rights === undefined ? [] : [rights])];
}

export const amountOf = (level: Scope["level"]) => (level === "names" ? "the names in" : "everything in");

/** A further effect of a yes, in a line of its own: the maker of such a thing gets a grant to write in it. */
const makersRights: Readonly<Record<string, string>> = {
  "create a vault": "then read, change, share and delete what it holds, and the vault itself",
  "create an environment": "then read, change and delete it",
};

async function partOf(account: Account, scope: Scope, vaultId: string): Promise<Thing> {
  const what = amountOf(scope.level);
  const environment = among("environment", await environmentsOf(account), vaultId);
  if (environment.title !== undefined) return { what: `${what} the environment`, parts: [environment] };
  const vault = among("vault", await account.vaults(), vaultId);
  if (scope.item === undefined) return { what: `${what} the vault`, parts: [vault] };
  const item = await itemNamed(account, vaultId, scope.item);
  return { what: scope.level === "names" ? "the names in the item" : "the item", parts: [vault, item] };
}

async function fieldAt(account: Account, place: Place): Promise<Thing> {
  const vault = among("vault", await account.vaults(), place.vault);
  try {
    const item = await account.getItem(place.vault, place.item);
    return { what: "one field", parts: [vault, await itemPart(account, item), ...fieldParts(item, place.field)] };
  } catch (error) {
    if (!(error instanceof PosternError) || error.name !== "offline") throw error;
    // While the service is away, its value may still be answered from memory. So the person is asked, by ids.
    const unknown = { title: undefined, unique: true, unreached: true } as const;
    const parts: Part[] = [
      { kind: "item", id: place.item, ...unknown },
      { kind: "field", id: place.field, ...unknown },
    ];
    return { what: "one field (by its ids, since the service is not reached)", parts: [vault, ...parts] };
  }
}

/** The item of an id, by its title where it has one. */
export async function itemNamed(account: Account, vault: string, id: string): Promise<Part> {
  try {
    return await itemPart(account, await account.getItem(vault, id));
  } catch (error) {
    const isUntitled =
      error instanceof MalformedItem ||
      (error instanceof PosternError && (error.name === "itemNotFound" || error.name === "vaultNotFound"));
    if (isUntitled) return { kind: "item", id, title: undefined, unique: true };
    throw error;
  }
}

/**
 * A vault may hold too many items to compare. So the title is compared with the active items of its lookup tag. Any other item that could look
 * like it is shown with its id.
 */
async function itemPart(account: Account, { vaultId, id, state, title }: AccountItem): Promise<Part> {
  const unique = state === "active" && (await isAlone(account, vaultId, title, id));
  return { kind: "item", id, title, unique };
}

async function isAlone(account: Account, vaultId: string, title: string, id: string): Promise<boolean> {
  try {
    return (await account.findItems(vaultId, title)).items.every((one) => one.id === id);
  } catch (error) {
    // A malformed item was put under this title.
    if (error instanceof MalformedItem) return false;
    throw error;
  }
}

export function among(kind: Part["kind"], all: readonly { id: string; title: string }[], id: string): Part {
  const title = all.find((one) => one.id === id)?.title;
  const unique = all.every((one) => one.id === id || looks(one.title) !== looks(title ?? ""));
  return { kind, id, title, unique };
}

/** The field, with its section before it where that has a title. Both together tell fields apart. */
function fieldParts(item: AccountItem, id: string): Part[] {
  const all = fieldTitles(item);
  const found = all.find((one) => one.id === id);
  if (found === undefined) return [{ kind: "field", id, title: undefined, unique: true }];
  const look = (one: typeof found) => JSON.stringify([looks(one.section), looks(one.title)]);
  const unique = all.every((one) => one.id === id || look(one) !== look(found));
  const field: Part = { kind: "field", id, title: found.title, unique };
  return found.section === ""
    ? [field]
    : [{ kind: "section", id: found.sectionId, title: found.section, unique: true }, field];
}

/** The look of a title. Invisible characters and case do not count, since people overlook them. */
function looks(title: string): string {
  return displayed(title).normalize("NFKC").replaceAll(" ", "").toLowerCase();
}
