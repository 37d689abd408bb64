// A copy of an item in another vault: its making, the mark of an unfinished move, and the comparison with the original.
import { isDeepStrictEqual } from "node:util";
import type { Agent } from "../../agent/session.ts";
import { eachChunk, upload } from "../../files/file-chunks.ts";
import type { Item } from "../../items/field-match.ts";

/** The title of an unfinished copy. It is also the tag of a whole copy while the old item still exists. */
export const markOf = ({ vaultId, id }: Item): string => `moving from ${vaultId}/${id}`;

/** Tags of one item: the agent's limit. */
const TAGS_MAX = 100;

/** An item with the full number of tags gets no mark. If its move is interrupted just before the end, two items remain. */
export const tagsWithMark = (tags: readonly string[], mark: string): string[] =>
  tags.length < TAGS_MAX ? [...tags, mark] : [...tags];

export const withoutMark = (item: Item, mark: string): Item => ({
  ...item,
  tags: item.tags.filter((tag) => tag !== mark),
});

/** Makes the item again, with everything but its history. Calls `begun` with each version as soon as it exists. */
export async function make(
  agent: Pick<Agent, "call">,
  before: Item,
  vault: string,
  begun: (made: Item) => void,
): Promise<Item> {
  const step = async (written: Promise<Item>): Promise<Item> => {
    const item = await written;
    begun(item);
    return item;
  };
  let made: Item;
  const { title, category, fields, sections, notes, tags, websites, document } = before;
  const content = { title, fields, sections, notes, tags, websites };
  if (document === undefined)
    made = await step(agent.call("items.create", { item: { ...content, category, vaultId: vault } }));
  else {
    const { handle } = await agent.call("files.openWrite", {
      vaultId: vault,
      title,
      name: document.name,
      size: document.size,
    });
    made = await step(upload(agent, handle, await bytesOf(agent, before, document.id)));
    made = await step(agent.call("items.put", { item: { ...made, ...content } }));
  }
  for (const { attributes, sectionId, fieldId } of before.files) {
    const { name, size } = attributes;
    const at = { vaultId: vault, itemId: made.id, version: made.version, sectionId, fieldId };
    const { handle } = await agent.call("files.openWrite", { ...at, name, size });
    made = await step(upload(agent, handle, await bytesOf(agent, before, attributes.id)));
  }
  return made;
}

async function bytesOf(agent: Pick<Agent, "call">, { vaultId: vault, id }: Item, fileId: string): Promise<Buffer> {
  const { handle } = await agent.call("files.openRead", { vaultId: vault, itemId: id, fileId });
  const chunks: Uint8Array[] = [];
  await eachChunk(agent, handle, (chunk) => void chunks.push(chunk));
  return Buffer.concat(chunks);
}

/** Whether a copy has everything that a move takes along. */
export const isCopy = (one: Item, other: Item): boolean => isDeepStrictEqual(contentOnly(one), contentOnly(other));

/** Leaves out the parts that may differ: file ids, which the service makes, codes of the moment, and the unnamed section that comes with a file. */
function contentOnly({ title, category, fields, sections, notes, tags, websites, files, document }: Item) {
  return {
    ...{ title, category, notes, tags, websites },
    fields: fields.map(({ details, ...field }) => ({ ...field, ...(details?.type === "Otp" ? {} : { details }) })),
    sections: sections.filter(({ id, title: name }) => id !== "" || name !== ""),
    files: files.map(({ attributes: { name, size }, sectionId, fieldId }) => ({ name, size, sectionId, fieldId })),
    document: document === undefined ? undefined : { name: document.name, size: document.size },
  };
}
