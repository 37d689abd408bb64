// What can stand where a person types a reference: vaults, items, sections, fields, and the parameters of a query. Only names, and each in a form
// that the reference can hold: a title with other characters, or of which there are two, is written as its id.
import { type AccountNames, type EditorNames, type ItemShape, vaultsCalled } from "./editor-names.ts";
import { itemsCalled, type KnownItem, normal, type VaultItems } from "./known-names.ts";
import type { TypedReference } from "./typed-reference.ts";

export type Offer = {
  readonly label: string;
  /** What is written. */
  readonly text: string;
  readonly detail: string;
  readonly kind: "vault" | "item" | "section" | "field" | "parameter";
};

/** `isWhole` is false where more would be offered, or will be after a yes. */
export type Offers = { readonly offers: readonly Offer[]; readonly isWhole: boolean };

/** Offers of one answer. An editor asks again as the person types on, and nobody reads more. */
export const OFFERS_MAX = 500;

const NONE: Offers = { offers: [], isWhole: false };

/** The characters of a part. */
const LEGAL = /^[A-Za-z0-9 \-_.]+$/;

const parameters: readonly Offer[] = [
  { label: "attribute=otp", text: "attribute=otp", detail: "the one-time code", kind: "parameter" },
  { label: "attribute=totp", text: "attribute=totp", detail: "the one-time code", kind: "parameter" },
  {
    label: "ssh-format=openssh",
    text: "ssh-format=openssh",
    detail: "a private key in OpenSSH's form",
    kind: "parameter",
  },
];

/** `asked` asks a person once where nobody has said yes or no. */
export async function offersFor(typed: TypedReference, names: Pick<EditorNames, "asked" | "shape">): Promise<Offers> {
  const { before, typed: part, isQuery, takesBlanks } = typed;
  if (isQuery) return among(indexed(parameters), part);
  const known = await names.asked();
  if (known === undefined) return NONE;
  const [vault, item, section] = before;
  if (vault === undefined) return among(indexed(vaultOffers(known.vaults, takesBlanks)), part);
  const [found, ...others] = vaultsCalled(vault, known.vaults);
  if (found === undefined || others.length > 0) return NONE;
  const items = await known.items(found.id);
  if (item === undefined) return among(itemsIndexed(items, takesBlanks), part);
  const [one, ...more] = itemsCalled(item, items).filter(({ state }) => state !== "archived");
  if (one === undefined || more.length > 0) return NONE;
  const shape = await names.shape(found.id, one.id);
  return shape === undefined ? NONE : among(indexed(fieldOffers(shape, section, takesBlanks)), part);
}

/** An offer with its label as it is compared. */
type Indexed = { readonly offer: Offer; readonly label: string };

const indexed = (offers: readonly Offer[]): Indexed[] => offers.map((offer) => ({ offer, label: normal(offer.label) }));

/** Made once for each list, since a person's every letter asks for a vault that may have a hundred thousand items. */
const kept = new WeakMap<VaultItems, Map<boolean, Indexed[]>>();

function itemsIndexed(items: VaultItems, takesBlanks: boolean): Indexed[] {
  const known = kept.get(items) ?? new Map<boolean, Indexed[]>();
  kept.set(items, known);
  const offers = known.get(takesBlanks) ?? indexed(itemOffers(items.byId.values(), takesBlanks));
  known.set(takesBlanks, offers);
  return offers;
}

/** The offers that have what was typed, those that begin with it first. */
function among(offers: readonly Indexed[], part: string): Offers {
  const wanted = normal(part);
  const begin: Offer[] = [];
  const inside: Offer[] = [];
  for (const { offer, label } of offers) {
    if (label.startsWith(wanted)) begin.push(offer);
    else if (label.includes(wanted) || offer.text.startsWith(wanted)) inside.push(offer);
  }
  const all = [...begin, ...inside];
  return { offers: all.slice(0, OFFERS_MAX), isWhole: all.length <= OFFERS_MAX };
}

/** The title where a reference can hold it and nothing else has it, or else the id. */
function written(title: string, id: string, isOnly: boolean, takesBlanks: boolean): string {
  const isFree = takesBlanks ? title.trim() === title : !title.includes(" ");
  return isOnly && isFree && LEGAL.test(title) ? title : id;
}

function counted(titles: Iterable<string>): (title: string) => boolean {
  const counts = new Map<string, number>();
  for (const title of titles) counts.set(normal(title), (counts.get(normal(title)) ?? 0) + 1);
  return (title) => counts.get(normal(title)) === 1;
}

function vaultOffers(vaults: AccountNames["vaults"], takesBlanks: boolean): Offer[] {
  const isOnly = counted(vaults.map(({ title }) => title));
  return vaults.map(({ id, title }) => ({
    label: title,
    text: written(title, id, isOnly(title), takesBlanks),
    detail: "vault",
    kind: "vault",
  }));
}

function itemOffers(all: Iterable<KnownItem>, takesBlanks: boolean): Offer[] {
  const active = [...all].filter(({ state }) => state !== "archived");
  const isOnly = counted(active.map(({ title }) => title));
  return active.map(({ id, title, category }) => ({
    label: title,
    text: written(title, id, isOnly(title), takesBlanks),
    detail: category,
    kind: "item",
  }));
}

/** Without a section: the sections, and the fields whose title no other field has. In a section: its fields. */
function fieldOffers({ sections, fields }: ItemShape, section: string | undefined, takesBlanks: boolean): Offer[] {
  const inside = section === undefined ? fields : fields.filter((field) => normal(field.section) === normal(section));
  const isOnly = counted(inside.map(({ title }) => title));
  const offered: Offer[] = inside.map(({ id, title, type }) => ({
    label: title === "" ? id : title,
    text: written(title, id, isOnly(title), takesBlanks),
    detail: type,
    kind: "field",
  }));
  if (section !== undefined) return offered;
  const own = sections.filter((title) => LEGAL.test(title) && (takesBlanks || !title.includes(" ")));
  return [
    ...offered,
    ...own.map((title): Offer => ({ label: title, text: title, detail: "section", kind: "section" })),
  ];
}
