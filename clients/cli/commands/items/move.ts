// item move: an item made anew in another vault, and then taken out of the one where it was. Until the last step the old one
// is as it was, so a move that is cut off loses nothing; what it leaves in the other vault is the beginning of a copy.
import { isDeepStrictEqual } from "node:util";
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
    const made = await copied(agent, before, target);
    await finished(agent, before, made, archived);
    // Changed while it was copied: the copy lacks that, and the old one must stay.
    if ((await agent.call("items.get", place)).version !== before.version)
      throw await undone(agent, made, "the item was changed while it was moved");
    await agent.call(options.archive === true ? "items.archive" : "items.delete", place);
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

/** The item anew, with everything that it holds but its history. */
async function copied(agent: Agent, before: Item, vault: string): Promise<Item> {
  const { title, category, fields, sections, notes, tags, websites, document } = before;
  const content = { title, fields, sections, notes, tags, websites };
  let made: Item;
  if (document === undefined)
    made = await agent.call("items.create", { item: { ...content, category, vaultId: vault } });
  else {
    const begun = { vaultId: vault, title, name: document.name, size: document.size };
    const { handle } = await agent.call("files.openWrite", begun);
    made = await upload(agent, handle, await contentOf(agent, before, document.id));
  }
  try {
    if (document !== undefined) made = await agent.call("items.put", { item: { ...made, ...content } });
    for (const { attributes, sectionId, fieldId } of before.files) {
      const { name, size } = attributes;
      const at = { vaultId: vault, itemId: made.id, version: made.version };
      const { handle } = await agent.call("files.openWrite", { ...at, sectionId, fieldId, name, size });
      made = await upload(agent, handle, await contentOf(agent, before, attributes.id));
    }
    return made;
  } catch (error) {
    await discard(agent, made);
    throw error;
  }
}

async function contentOf(agent: Agent, { vaultId: vault, id }: Item, fileId: string): Promise<Buffer> {
  const { handle } = await agent.call("files.openRead", { vaultId: vault, itemId: id, fileId });
  const chunks: Uint8Array[] = [];
  await eachChunk(agent, handle, (chunk) => void chunks.push(chunk));
  return Buffer.concat(chunks);
}

/** Looks at the copy as it is stored: what is deleted next exists nowhere else. */
async function finished(agent: Agent, before: Item, made: Item, archived: boolean): Promise<void> {
  const at = { vaultId: made.vaultId, itemId: made.id };
  const stored = await agent.call("items.get", at);
  if (!isDeepStrictEqual(contentOnly(stored), contentOnly(before)))
    throw await undone(agent, made, "the copy is not what the item is");
  if (archived) await agent.call("items.archive", at);
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

async function undone(agent: Agent, made: Item, why: string): Promise<UsageError> {
  await discard(agent, made);
  return new UsageError(`${why}, so it stays where it is`, "run the command again");
}

async function discard(agent: Agent, made: Item): Promise<void> {
  await agent.call("items.delete", { vaultId: made.vaultId, itemId: made.id });
}
