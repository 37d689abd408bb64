// item move: an item made anew in another vault, and then taken out of the one where it was. Until the last step the old one
// is as it was, so a move that is cut off loses nothing; what it leaves in the other vault is the beginning of a copy.
import { isDeepStrictEqual } from "node:util";
import { PosternError } from "../../../typescript/generated.ts";
import { UsageError } from "../../exit-code.ts";
import type { Item } from "../../field-match.ts";
import { eachChunk, upload } from "../../file-chunks.ts";
import { listItems } from "../../item-list.ts";
import { type Agent, vaultId, withAgent } from "../../session.ts";
import type { Terminal } from "../../terminal.ts";
import { type InVault, overview, placeOf } from "./place.ts";

export type MoveOptions = InVault & { to?: string; archive?: boolean };

export async function move(terminal: Terminal, wanted: string, options: MoveOptions): Promise<void> {
  const { to } = options;
  if (to === undefined) throw new UsageError("--to is required", "for one, --to Work; `postern vault list` shows them");
  await withAgent(terminal, async (agent) => {
    const place = await placeOf(agent, options, wanted);
    const target = await vaultId(agent, to);
    if (target === place.vaultId) throw new UsageError("the item is in that vault already", "name another with --to");
    const listed = await listItems(agent, place.vaultId, { active: true, archived: true });
    const archived = listed.find(({ id }) => id === place.itemId)?.state === "archived";
    const before = await agent.call("items.get", place);
    const copy: Copy = { agent, terminal, made: undefined };
    try {
      await make(copy, before, target);
      await look(copy, before, archived);
      // Changed while it was copied: the copy lacks that, and the old one must stay.
      if ((await agent.call("items.get", place)).version !== before.version)
        throw stays("the item was changed while it was moved");
    } catch (error) {
      await discard(copy);
      throw error;
    }
    const made = madeOf(copy);
    await takeOut(copy, place, options.archive === true ? "items.archive" : "items.delete");
    terminal.result({ ...overview(made), movedFrom: place }, () =>
      [
        `Moved ${made.title}; its id is now ${made.id}.`,
        options.archive === true
          ? "The one before, with its earlier versions, is in the archive of its vault."
          : "Its earlier versions went with the one before.",
      ].join("\n"),
    );
  });
}

/** What has been made of the copy so far. */
type Copy = { readonly agent: Agent; readonly terminal: Terminal; made: Item | undefined };

function madeOf({ made }: Copy): Item {
  if (made === undefined) throw new Error("a copy that was not begun");
  return made;
}

/** The item anew, with everything that it holds but its history. */
async function make(copy: Copy, before: Item, vault: string): Promise<void> {
  const { agent } = copy;
  const { title, category, fields, sections, notes, tags, websites, document } = before;
  const content = { title, fields, sections, notes, tags, websites };
  if (document === undefined)
    copy.made = await agent.call("items.create", { item: { ...content, category, vaultId: vault } });
  else {
    const begun = { vaultId: vault, title, name: document.name, size: document.size };
    const { handle } = await agent.call("files.openWrite", begun);
    copy.made = await upload(agent, handle, await contentOf(agent, before, document.id));
    copy.made = await agent.call("items.put", { item: { ...copy.made, ...content } });
  }
  for (const { attributes, sectionId, fieldId } of before.files) {
    const { name, size } = attributes;
    const { id, version } = madeOf(copy);
    const at = { vaultId: vault, itemId: id, version, sectionId, fieldId };
    const { handle } = await agent.call("files.openWrite", { ...at, name, size });
    copy.made = await upload(agent, handle, await contentOf(agent, before, attributes.id));
  }
}

async function contentOf(agent: Agent, { vaultId: vault, id }: Item, fileId: string): Promise<Buffer> {
  const { handle } = await agent.call("files.openRead", { vaultId: vault, itemId: id, fileId });
  const chunks: Uint8Array[] = [];
  await eachChunk(agent, handle, (chunk) => void chunks.push(chunk));
  return Buffer.concat(chunks);
}

/** Looks at the copy as it is stored: what is deleted next exists nowhere else. */
async function look(copy: Copy, before: Item, archived: boolean): Promise<void> {
  const { id, vaultId: vault } = madeOf(copy);
  const at = { vaultId: vault, itemId: id };
  const stored = await copy.agent.call("items.get", at);
  if (!isDeepStrictEqual(contentOnly(stored), contentOnly(before))) throw stays("the copy is not what the item is");
  if (archived) await copy.agent.call("items.archive", at);
}

/** All that a move takes along. Ids of files are the service's, and codes are of the moment. */
function contentOnly({ title, category, fields, sections, notes, tags, websites, files, document }: Item) {
  return {
    ...{ title, category, notes, tags, websites },
    fields: fields.map(({ details, ...field }) => ({ ...field, ...(details?.type === "Otp" ? {} : { details }) })),
    sections,
    files: files.map(({ attributes: { name, size }, sectionId, fieldId }) => ({ name, size, sectionId, fieldId })),
    document: document === undefined ? undefined : { name: document.name, size: document.size },
  };
}

const stays = (why: string) => new UsageError(`${why}, so it stays where it is`, "run the command again");

/** Refusals after which the old item is surely there: any other error may have come after it was taken out. */
const surelyThere: ReadonlySet<string> = new Set([
  "notPermitted",
  "versionConflict",
  "approvalRequired",
  "approvalDenied",
  "approvalTimedOut",
  "promptQuota",
  "coolingDown",
]);

async function takeOut(
  copy: Copy,
  place: { vaultId: string; itemId: string },
  how: "items.archive" | "items.delete",
): Promise<void> {
  try {
    await copy.agent.call(how, place);
  } catch (error) {
    if (error instanceof PosternError && surelyThere.has(error.errorName)) await discard(copy);
    else tellOfCopy(copy);
    throw error;
  }
}

async function discard(copy: Copy): Promise<void> {
  const { agent, made } = copy;
  if (made === undefined) return;
  try {
    await agent.call("items.delete", { vaultId: made.vaultId, itemId: made.id });
  } catch (error) {
    // Why the move failed matters more, and is told after this.
    tellOfCopy(copy);
    if (!(error instanceof PosternError)) throw error;
  }
}

function tellOfCopy({ terminal, made }: Copy): void {
  if (made !== undefined)
    terminal.tell(`postern: a copy is left in the other vault: item ${made.id} in ${made.vaultId}`);
}
