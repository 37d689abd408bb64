// Finds ids for what a person named by title or id. The result leaves the agent only after the gate has passed it.
import { isId } from "../../protocol/crypto/encoding.ts";
import { normalTitle } from "../../protocol/crypto/lookup-tag.ts";
import type { Named } from "../../protocol/entry.ts";
import { type ErrorName, PosternError } from "../../protocol/errors.ts";
import { MalformedItem } from "../../protocol/item/malformed-item.ts";
import { type Account, environmentsOf, offered } from "./account.ts";
import { isMissing, type Missing, nearOf } from "./resolver.ts";

/** The ids of a named thing. A new environment has none yet. */
export type FoundThing = {
  readonly vault?: string;
  readonly item?: string;
  readonly archived?: boolean;
  readonly environment?: string;
  readonly items?: readonly string[];
  readonly group?: string;
  readonly alike?: readonly string[];
};

/** The only one of several, or the error of none or many. */
type Kind = { readonly none: ErrorName; readonly many: ErrorName; readonly what: string };

const kinds = {
  vault: { none: "vaultNotFound", many: "tooManyVaults", what: "vault" },
  item: { none: "itemNotFound", many: "tooManyItems", what: "item" },
  environment: { none: "environmentNotFound", many: "tooManyEnvironments", what: "environment" },
  group: { none: "groupNotFound", many: "tooManyGroups", what: "group" },
} as const satisfies Record<string, Kind>;

/** Throws only errors that are about no name: offline, sealBroken, notOffered. */
export async function findNamed(account: Account, named: Named): Promise<FoundThing | Missing> {
  const { vault, environment, group, alike } = named;
  let found: FoundThing = {};
  if (environment !== undefined) {
    const matches = matching(await environmentsOf(account), environment);
    if (matches.length > 0 || named.orNew !== true) {
      const one = only(matches, kinds.environment, environment);
      if (one instanceof PosternError) return missing(one);
      found = { environment: one };
    }
  }
  if (vault !== undefined) {
    const inVault = await findInVault(account, vault, named);
    if (isMissing(inVault)) return inVault;
    found = inVault;
  }
  if (group !== undefined) {
    const one = only(matching(await offered(account, "groups").list(), group), kinds.group, group);
    if (one instanceof PosternError) return missing(one, found.vault);
    found = { ...found, group: one };
  }
  if (alike === undefined) return found;
  const same = (await account.vaults()).filter((one) => normalTitle(one.title) === normalTitle(alike));
  return { ...found, alike: same.map(({ id }) => id).filter((id) => id !== found.vault) };
}

async function findInVault(account: Account, vaultPart: string, named: Named): Promise<FoundThing | Missing> {
  const vault = only(
    (await account.matchVaults(vaultPart)).map((id) => ({ id })),
    kinds.vault,
    vaultPart,
  );
  if (vault instanceof PosternError)
    return missing(vault, undefined, nearItem(account, "vaultNotFound", vaultPart, ""));
  let found: FoundThing = { vault };
  if (named.item !== undefined) {
    const item = await findItem(account, vault, named.item, named.archived === true);
    if (isMissing(item)) return item;
    found = { ...found, ...item };
  }
  const items: string[] = [];
  for (const part of named.items ?? []) {
    const item = await findItem(account, vault, part, false);
    if (isMissing(item)) return item;
    items.push(item.item);
  }
  return named.items === undefined ? found : { ...found, items };
}

/** An active item comes before an archived one, as in a reference. */
async function findItem(
  account: Account,
  vault: string,
  part: string,
  archivedAlone: boolean,
): Promise<{ item: string; archived: boolean } | Missing> {
  if (isId(part)) {
    const byId = await itemOfId(account, vault, part);
    if (byId !== undefined) return byId;
  }
  const active = archivedAlone ? [] : (await account.findItems(vault, part)).items;
  const [first] = active;
  if (first !== undefined && active.length === 1) return { item: first.id, archived: false };
  const archived = (await archivedCalled(account, vault, part)).map((id) => ({ id, note: " (archived)" }));
  const one = only([...active, ...archived], kinds.item, part);
  if (one instanceof PosternError) return missing(one, vault, nearItem(account, "itemNotFound", vault, part));
  return { item: one, archived: true };
}

async function itemOfId(account: Account, vault: string, id: string) {
  try {
    const { state } = await account.getItem(vault, id);
    return { item: id, archived: state === "archived" };
  } catch (error) {
    // By its id a malformed item can still be deleted.
    if (error instanceof MalformedItem) return { item: id, archived: error.state === "archived" };
    if (error instanceof PosternError && error.name === "itemNotFound") return undefined;
    throw error;
  }
}

/** The ids of archived items with a title. The service finds active ones alone. */
async function archivedCalled(account: Account, vault: string, title: string): Promise<string[]> {
  const found: string[] = [];
  for (let after: string | undefined; ; ) {
    const { items, more } = await account.listPage(vault, { active: false, archived: true }, after);
    found.push(...items.filter((one) => normalTitle(one.title) === normalTitle(title)).map(({ id }) => id));
    after = items.at(-1)?.id;
    if (!more || after === undefined) return found;
  }
}

function matching(all: readonly { id: string; title: string }[], part: string): { id: string }[] {
  const byId = all.filter(({ id }) => id === part);
  return byId.length > 0 ? byId : all.filter(({ title }) => normalTitle(title) === normalTitle(part));
}

function only(
  found: readonly { readonly id: string; readonly note?: string }[],
  { none, many, what }: Kind,
  part: string,
): string | PosternError {
  const [first, second] = found;
  if (first === undefined)
    return new PosternError(none, undefined, isId(part) ? {} : { text: `no ${what} has this title or id` });
  if (second === undefined) return first.id;
  const text = `more than one ${what} has this title`;
  return new PosternError(many, undefined, {
    text,
    hint: `use its id: ${found.map(({ id, note = "" }) => `${id}${note}`).join(", ")}`,
  });
}

const missing = (error: PosternError, vault?: string, near: Pick<Missing, "near"> = {}): Missing => ({
  error,
  vault,
  harmless: false,
  // Of several with this name, the error tells the ids. No other name is nearer.
  ...(error.name.endsWith("NotFound") ? near : {}),
});

/** The names that are like the one that was not found. */
const nearItem = (account: Account, failed: "vaultNotFound" | "itemNotFound", vault: string, item: string) =>
  nearOf({ account }, failed, { vault, item, field: "" }, { vault, item: undefined });
