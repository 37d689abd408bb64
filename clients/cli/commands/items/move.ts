// item move: makes the item again in another vault, and then removes the old one. The old item stays unchanged until the last step, so an
// interrupted move loses nothing. Its leftover in the other vault is marked. The next move of the same item removes it or finishes it.
import { PosternError } from "../../../typescript/generated.ts";
import { type Agent, withAgent } from "../../agent/session.ts";
import type { Item } from "../../items/field-match.ts";
import { listItems } from "../../items/item-list.ts";
import { idIn, locateAll, type Place, placeIn } from "../../items/locate.ts";
import { refusal } from "../../items/one-of.ts";
import { UsageError } from "../../terminal/exit-code.ts";
import { oneLine, type Terminal } from "../../terminal/terminal.ts";
import { isCopy, make, markOf, tagsWithMark, withoutMark } from "./copy.ts";
import { type InVault, idsOf, overview } from "./place.ts";

export type MoveOptions = InVault & { to?: string; archive?: boolean };

export async function move(terminal: Terminal, wanted: string, options: MoveOptions): Promise<void> {
  const { to } = options;
  if (to === undefined) throw new UsageError("--to is required", "for one, --to Work; `postern vault list` shows them");
  await withAgent(terminal, async (agent) => {
    const [from = {}, there = {}] = await locateAll(agent, "change", [
      { vault: options.vault, item: wanted },
      { vault: to },
    ]);
    const place = placeIn(from);
    const target = idIn(there.vaultId);
    if (target === place.vaultId) throw new UsageError("the item is in that vault already", "name another with --to");
    const how = options.archive === true ? "items.archive" : "items.delete";
    const made = await moveItem({ agent, terminal }, place, target, how);
    terminal.result({ ...overview(made), movedFrom: idsOf(place) }, () =>
      [
        `Moved ${oneLine(made.title)}; its id is now ${made.id}.`,
        options.archive === true
          ? "The one before, with its earlier versions, is in the archive of its vault."
          : "Its earlier versions went with the one before.",
      ].join("\n"),
    );
  });
}

type How = "items.archive" | "items.delete";

/** The copy so far. `found` says that an earlier move has made it. */
type Copy = {
  readonly agent: Pick<Agent, "call">;
  readonly terminal: Pick<Terminal, "tell">;
  made: Item | undefined;
  found: boolean;
};

/** Moves an item. Returns the new one. */
export async function moveItem(
  parts: Pick<Copy, "agent" | "terminal">,
  found: Place,
  target: string,
  how: How,
): Promise<Item> {
  const { agent } = parts;
  const copy: Copy = { ...parts, made: undefined, found: false };
  const place = idsOf(found);
  const before = await agent.call("items.get", place);
  const archived = found.archived ?? (await isArchived(agent, place));
  try {
    await takeUp(copy, before, target);
    if (!copy.found) await makeWhole(copy, before, target, archived);
  } catch (error) {
    await discard(copy);
    throw error;
  }
  await takeOut(copy, { ...place, version: before.version }, how);
  return unmarked(copy, before);
}

async function isArchived(agent: Copy["agent"], { vaultId, itemId }: Place): Promise<boolean> {
  const listed = await listItems(agent, vaultId, { active: true, archived: true });
  return listed.find(({ id }) => id === itemId)?.state === "archived";
}

/** Looks for the leftover of an earlier move of this item. An unfinished copy is removed. A whole one becomes the copy. */
async function takeUp(copy: Copy, before: Item, vault: string): Promise<void> {
  const { agent } = copy;
  const mark = markOf(before);
  const there = await listItems(agent, vault, { active: true, archived: true });
  for (const { id } of there.filter(({ title }) => title === mark))
    await agent.call("items.delete", { vaultId: vault, itemId: id });
  const whole = there.find(({ title, tags }) => title !== mark && tags.includes(mark));
  if (whole === undefined) return;
  const left = await agent.call("items.get", { vaultId: vault, itemId: whole.id });
  if (!isCopy(withoutMark(left, mark), before))
    throw refusal(
      "conflict",
      `an earlier move was cut off, and its copy, item ${left.id} in ${vault}, is not what the item is any more`,
      "look at both, and delete the one that is not wanted: `postern item delete ITEM --vault VAULT`",
    );
  copy.made = left;
  copy.found = true;
}

/** Makes the copy under another title, so that no reference finds it. Gives it its own title once it is whole. */
async function makeWhole(copy: Copy, before: Item, vault: string, archived: boolean): Promise<void> {
  const { agent } = copy;
  const mark = markOf(before);
  const begun = await make(agent, { ...before, title: mark }, vault, (made) => {
    copy.made = made;
  });
  const at = { vaultId: vault, itemId: begun.id };
  if (archived) await agent.call("items.archive", { ...at, version: begun.version });
  const last = archived ? await agent.call("items.get", at) : begun;
  copy.made = last;
  copy.made = await agent.call("items.put", {
    item: { ...last, title: before.title, tags: tagsWithMark(before.tags, mark) },
  });
  // Reads the stored copy, since the item that is deleted next exists nowhere else.
  const stored = await agent.call("items.get", at);
  if (!isCopy(withoutMark(stored, mark), before))
    throw new UsageError("the copy is not what the item is, so it stays where it is", "run the command again");
}

/** Refusals after which the old item surely exists. Any other error may have come after it was removed. */
const surelyThere: ReadonlySet<string> = new Set([
  "notPermitted",
  "versionConflict",
  "approvalRequired",
  "approvalDenied",
  "approvalTimedOut",
  "promptQuota",
  "coolingDown",
]);

/** Removes the copied version of the old item. A later version has no copy and stays. */
async function takeOut(copy: Copy, seen: Place & { version: number }, how: How): Promise<void> {
  try {
    await copy.agent.call(how, seen);
  } catch (error) {
    if (!(error instanceof PosternError) || !surelyThere.has(error.errorName)) {
      tellOfCopy(copy);
      throw error;
    }
    await discard(copy);
    if (error.errorName !== "versionConflict") throw error;
    throw refusal(
      "versionConflict",
      "the item was changed while it was moved, so it stays where it is",
      "run the command again",
    );
  }
}

/** Removes the mark of the copy. From now on the copy is the item. */
async function unmarked(copy: Copy, before: Item): Promise<Item> {
  const made = madeOf(copy);
  const mark = markOf(before);
  if (!made.tags.includes(mark)) return made;
  try {
    return await copy.agent.call("items.put", { item: withoutMark(made, mark) });
  } catch (error) {
    if (!(error instanceof PosternError)) throw error;
    // It has moved all the same. Another writer may have changed it meanwhile.
    copy.terminal.tell(`postern: the tag "${mark}" is left on item ${made.id} in ${made.vaultId}: ${error.message}`);
    return made;
  }
}

function madeOf({ made }: Copy): Item {
  if (made === undefined) throw new Error("a copy that was not begun");
  return made;
}

/** Removes the copy of this move, unless another writer has changed it. */
async function discard(copy: Copy): Promise<void> {
  const { agent, made } = copy;
  if (made === undefined) return;
  if (copy.found) return tellOfCopy(copy);
  try {
    await agent.call("items.delete", { vaultId: made.vaultId, itemId: made.id, version: made.version });
  } catch (error) {
    // The reason why the move failed matters more. It is thrown after this.
    tellOfCopy(copy);
    if (!(error instanceof PosternError)) throw error;
  }
}

function tellOfCopy({ terminal, made }: Copy): void {
  if (made !== undefined)
    terminal.tell(`postern: a copy is left in the other vault: item ${made.id} in ${made.vaultId}`);
}
