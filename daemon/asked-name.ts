// How a person is told what is asked for: by titles, and by an id too where a title alone would not say which thing is
// meant. Whoever may write to a vault chooses its titles, and could give one thing the title of another.
import { PosternError } from "../protocol/errors.ts";
import { fieldTitle } from "../protocol/match.ts";
import type { Place } from "./cache.ts";
import { shown } from "./prompt-text.ts";
import type { Scope } from "./scope.ts";
import type { Unlocked } from "./unlocked.ts";

type Account = Unlocked["account"];

/** What is asked for: a scope, and the place where a reference led to it. */
export type Named = { readonly scope: Scope; readonly found?: { readonly place: Place } };

/** Characters of a title beside its id: in a reference both stand twice, and the field is to fit behind them. */
const TITLE_BESIDE_ID_MAX = 16;

export async function askedName(account: Account, { scope, found }: Named): Promise<string> {
  // By its titles, not by the reference as it was sent: that may hold ids, which tell a person nothing.
  if (found !== undefined) return referenceOf(account, found.place);
  const what = scope.level === "names" ? "the names in" : "everything in";
  if (scope.vault === undefined) return `${what} the whole account`;
  const environment = titleAmong(await account.environments.list(), scope.vault);
  if (environment !== undefined) return `${what} the environment ${environment}`;
  const vault = titleAmong(await account.vaults(), scope.vault) ?? "an unknown vault";
  if (scope.item === undefined) return `${what} the vault ${vault}`;
  return `the item ${await itemTitle(account, scope.vault, scope.item)} in the vault ${vault}`;
}

async function referenceOf(account: Account, { vault, item: id, field }: Place): Promise<string> {
  const item = await account.getItem(vault, id);
  const title = told(item.overview.title, id, await account.findItems(vault, item.overview.title));
  return `op://${titleAmong(await account.vaults(), vault) ?? vault}/${title}/${fieldTitle(item, field)}`;
}

async function itemTitle(account: Account, vault: string, id: string): Promise<string> {
  try {
    const { title } = (await account.getItem(vault, id)).overview;
    return told(title, id, await account.findItems(vault, title));
  } catch (error) {
    if (error instanceof PosternError && (error.name === "itemNotFound" || error.name === "vaultNotFound"))
      return `${id} (no such item)`;
    throw error;
  }
}

function titleAmong(all: readonly { id: string; title: string }[], id: string): string | undefined {
  const title = all.find((one) => one.id === id)?.title;
  if (title === undefined) return undefined;
  const look = looks(title);
  return told(
    title,
    id,
    all.filter((one) => looks(one.title) === look),
  );
}

/** What a title looks like: what nobody sees, and case that is easily overlooked, tell no titles apart. */
function looks(title: string): string {
  return shown(title).trim().toLowerCase();
}

/** A title, with its id where it is not the only one that looks so. */
function told(title: string, id: string, alike: readonly { id: string }[]): string {
  return alike.some((one) => one.id !== id) ? `${cut(shown(title))} (${id})` : title;
}

function cut(title: string): string {
  const characters = [...title];
  return characters.length <= TITLE_BESIDE_ID_MAX ? title : `${characters.slice(0, TITLE_BESIDE_ID_MAX - 1).join("")}…`;
}
