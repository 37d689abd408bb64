// The names that the agent gave after a person's yes: of vaults, and of the items in them. A reference is compared with them. No value is asked
// for. The fields of an item are sealed with its values, so whether a field is there is not judged.
import { distance } from "fastest-levenshtein";
import type { SecretReference } from "../../typescript/generated-reference.ts";
import type { Fault } from "./rules.ts";

export type KnownItem = {
  readonly id: string;
  readonly title: string;
  readonly state: string;
  readonly category: string;
  readonly updatedAt: string;
};

/** What one vault word means. `unsure`: it is not there, or several have this title. */
export type KnownVault =
  | { readonly kind: "found"; readonly items: VaultItems }
  | { readonly kind: "missing" | "several" | "unsure" };

/** By the word in a reference. A vault without an entry was not asked about. */
export type KnownNames = ReadonlyMap<string, KnownVault>;

export type VaultItems = {
  readonly byId: ReadonlyMap<string, KnownItem>;
  readonly byTitle: ReadonlyMap<string, readonly KnownItem[]>;
};

/** The form in which the agent compares titles: without case, and in one form of Unicode. */
export const normal = (title: string) => title.normalize("NFC").toLowerCase();

/** Keeps the named parts alone, since an overview has websites and tags too. */
export function vaultItems(overviews: readonly KnownItem[]): VaultItems {
  const items = overviews.map(({ id, title, state, category, updatedAt }) => ({
    id,
    title,
    state,
    category,
    updatedAt,
  }));
  return {
    byId: new Map(items.map((item) => [item.id, item])),
    byTitle: Map.groupBy(items, ({ title }) => normal(title)),
  };
}

/** The items that the word of a reference means, archived ones too. */
export function itemsCalled(word: string, { byId, byTitle }: VaultItems): readonly KnownItem[] {
  const id = byId.get(word);
  return id === undefined ? (byTitle.get(normal(word)) ?? []) : [id];
}

/** What is wrong with where a reference leads. Undefined where nothing is, or where its vault is not known. */
export function nameFault({ vault, item }: SecretReference, names: KnownNames): Fault | undefined {
  const known = names.get(vault);
  if (known === undefined) return undefined;
  if (known.kind !== "found") return vaultFault(vault, known.kind);
  const called = itemsCalled(item, known.items);
  const active = called.filter(({ state }) => state !== "archived");
  if (active.length === 1) return undefined;
  if (active.length > 1)
    return {
      rule: "reference-ambiguous",
      message: `${active.length} items of this vault have the title ${said(item)}`,
      next: `name one by its id: ${active
        .slice(0, IDS_TOLD_MAX)
        .map((one) => one.id)
        .join(", ")}`,
    };
  if (called.length > 0)
    return {
      rule: "reference-archived",
      message: `the item ${said(item)} is in the archive`,
      next: "bring it back with `postern item unarchive`, or write the reference of another item",
    };
  return {
    rule: "reference-dangling",
    message: `no item of this vault has the title or id ${said(item)}`,
    next: nearItem(item, known.items) ?? "`postern item list --vault VAULT` shows what is there",
  };
}

/** Ids in one message. */
const IDS_TOLD_MAX = 5;

function vaultFault(vault: string, kind: "missing" | "several" | "unsure"): Fault {
  const next = "`postern vault list` shows them with their ids";
  if (kind === "several")
    return { rule: "reference-ambiguous", message: `several vaults have the title ${said(vault)}`, next };
  const message = kind === "missing" ? `no vault has the title or id ${said(vault)}` : unsure(vault);
  return { rule: "reference-dangling", message, next };
}

const unsure = (vault: string) => `no vault has the title or id ${said(vault)}, or several have it`;

/** A name in quotes. A reference has no quote and no control character in it. */
const said = (name: string) => JSON.stringify(name);

/** Titles that are compared. Each costs a microsecond. */
const COMPARED_MAX = 20_000;

/** The title that one slip in four letters away from the item's leads to. */
export function nearTitle(wanted: string, { byId }: VaultItems): string | undefined {
  const most = Math.max(1, Math.floor(wanted.length / 4));
  let best: { title: string; far: number } | undefined;
  for (const { title, state } of byId.values().take(COMPARED_MAX)) {
    if (state === "archived" || Math.abs(title.length - wanted.length) > most) continue;
    const far = distance(normal(title), normal(wanted));
    if (far <= most && far < (best?.far ?? Number.POSITIVE_INFINITY)) best = { title, far };
  }
  return best?.title;
}

function nearItem(wanted: string, items: VaultItems): string | undefined {
  const near = nearTitle(wanted, items);
  return near === undefined ? undefined : `did you mean ${said(near)}?`;
}
