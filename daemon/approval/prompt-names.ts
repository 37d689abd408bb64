// How a person is told what is asked for: by titles, and by an id too where a title alone would not say which thing is
// meant. Here titles are looked up and compared; prompt-lines.ts puts them into lines.
import { PosternError } from "../../protocol/errors.ts";
import { fieldTitles } from "../../protocol/secret/match.ts";
import { type Account, environmentsOf } from "../account/account.ts";
import type { AccountItem } from "../account/account-item.ts";
import type { Place } from "../account/cache.ts";
import { displayed } from "../account/displayed-text.ts";
import type { Scope } from "../account/scope.ts";
import { type Part, promptLines, type Thing } from "./prompt-lines.ts";

/** What is asked for: a scope, and the place where a reference led to it. */
export type Named = { readonly scope: Scope; readonly found?: { readonly place: Place } };

/** The lines of what is asked for, after what stands before it. */
export async function promptNames(account: Account, { scope, found }: Named, before = ""): Promise<string[]> {
  // By its titles, not by the reference as it was sent: that may hold ids, which tell a person nothing.
  const thing = found === undefined ? await partOf(account, scope) : await fieldAt(account, found.place);
  const rights = makersRights[scope.act ?? ""];
  return [...promptLines(thing, before), ...(rights === undefined ? [] : [rights])];
}

/** What a yes brings beside the act, in a line of its own: who makes one of these holds a grant to write in it. */
const makersRights: Readonly<Record<string, string>> = {
  "create a vault": "then read, change, share and delete what it holds, and the vault itself",
  "create an environment": "then read, change and delete it",
};

async function partOf(account: Account, scope: Scope): Promise<Thing> {
  if (scope.act !== undefined) return { what: `${scope.act}, and read the names in the whole account`, parts: [] };
  const what = scope.level === "names" ? "the names in" : "everything in";
  if (scope.vault === undefined) return { what: `${what} the whole account`, parts: [] };
  const environment = among("environment", await environmentsOf(account), scope.vault);
  if (environment.title !== undefined) return { what: `${what} the environment`, parts: [environment] };
  const vault = among("vault", await account.vaults(), scope.vault);
  if (scope.item === undefined) return { what: `${what} the vault`, parts: [vault] };
  const item = await itemNamed(account, scope.vault, scope.item);
  return { what: scope.level === "names" ? "the names in the item" : "the item", parts: [vault, item] };
}

async function fieldAt(account: Account, place: Place): Promise<Thing> {
  const vault = among("vault", await account.vaults(), place.vault);
  try {
    const item = await account.getItem(place.vault, place.item);
    return { what: "one field", parts: [vault, await itemPart(account, item), ...fieldParts(item, place.field)] };
  } catch (error) {
    if (!(error instanceof PosternError) || error.name !== "offline") throw error;
    // Its value is answered from memory while the service is away, so a person can still be asked, by ids.
    const unknown = { title: undefined, unique: true, unreached: true } as const;
    const parts: Part[] = [
      { kind: "item", id: place.item, ...unknown },
      { kind: "field", id: place.field, ...unknown },
    ];
    return { what: "one field (by its ids, since the service is not reached)", parts: [vault, ...parts] };
  }
}

async function itemNamed(account: Account, vault: string, id: string): Promise<Part> {
  try {
    return await itemPart(account, await account.getItem(vault, id));
  } catch (error) {
    if (error instanceof PosternError && (error.name === "itemNotFound" || error.name === "vaultNotFound"))
      return { kind: "item", id, title: undefined, unique: true };
    throw error;
  }
}

/**
 * A vault may hold too many items to look at: those of its lookup tag are compared, which are the active ones. Whatever
 * else could look like it is not shown without its id.
 */
async function itemPart(account: Account, { vaultId, id, state, title }: AccountItem): Promise<Part> {
  const { items: alike } = await account.findItems(vaultId, title);
  return { kind: "item", id, title, unique: state === "active" && alike.every((one) => one.id === id) };
}

function among(kind: Part["kind"], all: readonly { id: string; title: string }[], id: string): Part {
  const title = all.find((one) => one.id === id)?.title;
  const unique = all.every((one) => one.id === id || looks(one.title) !== looks(title ?? ""));
  return { kind, id, title, unique };
}

/** The field and, before it, its section where that has a title. A field is told apart by both. */
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

/** What a title looks like: what nobody sees, and case that is easily overlooked, tell no titles apart. */
function looks(title: string): string {
  return displayed(title).normalize("NFKC").replaceAll(" ", "").toLowerCase();
}
