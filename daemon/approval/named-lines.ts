// The question about a thing that was named by title or id: in the asker's own words, and with what was found. One scope is asked for. What is
// only looked up beside it has lines of its own.
import type { Act, Named, Target } from "../../protocol/entry.ts";
import { type Account, environmentsOf, offered } from "../account/account.ts";
import type { FoundThing } from "../account/named-things.ts";
import type { Scope } from "../account/scope.ts";
import { type Part, partLines, promptLines } from "./prompt-lines.ts";
import { accountLines, among, amountOf, itemNamed, promptNames } from "./prompt-names.ts";

export type NamedTarget = Extract<Target, { named: Named }>;

/** Stands for an id that nobody has looked up. */
export const SENT = "sent";

const CREATE: Act = "create an environment";

const levelOf = ({ names }: NamedTarget) => (names === true ? "names" : "values");

/** The scope by what was sent. An environment counts as one that is there. */
export function namedForm(account: string, target: NamedTarget): Scope {
  const level = levelOf(target);
  if (target.act !== undefined) return { account, level, act: target.act };
  return { account, level, vault: SENT, ...(target.named.item === undefined ? {} : { item: SENT }) };
}

/** The scope of what was found. */
export function foundScope(account: string, target: NamedTarget, found: FoundThing): Scope {
  const level = levelOf(target);
  if (target.act !== undefined) return { account, level, act: target.act };
  const vault = found.environment ?? found.vault;
  if (vault === undefined) return { account, level: "names", act: CREATE };
  return { account, level, vault, ...(found.item === undefined ? {} : { item: found.item }) };
}

/** The lines in the asker's own words. Nothing is looked up. */
export function sentNamed(target: NamedTarget, before = ""): string[] {
  const { named, act } = target;
  const { vault, item, environment, items = [], group } = named;
  const level = levelOf(target);
  const beside = { items: items.map((one) => sent("item", one)), ...besideOf(named) };
  const groups = group === undefined ? [] : [sent("group", group)];
  if (act !== undefined) return [...accountLines({ level, act }, before), ...groups.flatMap(partLines)];
  if (environment !== undefined) {
    const what = `${amountOf(level)} the environment`;
    const lines = promptLines({ what, parts: [sent("environment", environment)] }, before);
    return named.orNew === true ? [...lines, ...createLines("or, where there is none:")] : lines;
  }
  const what = item === undefined ? `${amountOf(level)} the vault` : itemWords(level);
  const parts = [sent("vault", vault ?? ""), ...(item === undefined ? [] : [sent("item", item)])];
  return [...promptLines({ what, parts }, before), ...besideLines({ ...beside, groups })];
}

/** The lines with the titles of what was found. */
export async function foundNamed(
  account: Account,
  target: NamedTarget,
  found: FoundThing,
  before = "",
): Promise<string[]> {
  const scope = foundScope(account.id, target, found);
  const { named, act } = target;
  if (act === undefined && scope.act !== undefined)
    return [
      ...promptLines({ what: "the environment", parts: [sent("environment", named.environment ?? "")] }, before),
      ...createLines("which is not there yet:"),
    ];
  const groups =
    found.group === undefined ? [] : [among("group", await offered(account, "groups").list(), found.group)];
  const lines = await promptNames(account, { scope }, before);
  if (act !== undefined) return [...lines, ...groups.flatMap(partLines)];
  const items: Part[] = [];
  for (const id of found.items ?? []) items.push(await itemNamed(account, found.vault ?? "", id));
  return [...lines, ...besideLines({ items, groups, ...besideOf(named) })];
}

/** All environments and vaults that a name may mean, for an asker who knows some of them. */
export async function placesOf(account: Account, { environment }: Named): Promise<{ id: string; title: string }[]> {
  return environment === undefined ? account.vaults() : environmentsOf(account);
}

const sent = (kind: Part["kind"], title: string): Part => ({ kind, id: "", title, unique: true, sent: true });

const itemWords = (level: Scope["level"]) => (level === "names" ? "the names in the item" : "the item");

const createLines = (when: string) => [when, ...accountLines({ level: "names", act: CREATE })];

type Beside = { readonly items: readonly Part[]; readonly groups: readonly Part[]; readonly alike?: string };

const besideOf = ({ alike }: Named) => (alike === undefined ? {} : { alike });

/** A title has a line of its own, so that it cannot look like Postern's words. */
function besideLines({ items, groups, alike }: Beside): string[] {
  return [
    ...(items.length === 0 ? [] : ["and find there:", ...items.flatMap(partLines)]),
    ...(groups.length === 0 ? [] : ["for this group:", ...groups.flatMap(partLines)]),
    ...(alike === undefined ? [] : ["and see which other vault has this title:", ...partLines(sent("vault", alike))]),
  ];
}
