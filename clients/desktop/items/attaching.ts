// Files that a person attaches to an item: checked before a byte of them is read, then sent chunk by chunk. The item changes with the last chunk, so a
// file that breaks off leaves nothing behind.
import type { Item } from "../../typescript/generated.ts";
import { itemLimits, limits } from "../../typescript/generated-limits.ts";
import type { Channel } from "../channel.ts";
import { sizeText } from "./saving.ts";

/** The reading of the file failed: it is a folder, is gone, or was written meanwhile. */
export class FileUnreadable extends Error {
  override readonly name = "FileUnreadable";
}

/** Says why the item cannot have the file. Nothing of the file is read for that. */
export function refusalOf({ name, size }: File, { files }: Pick<Item, "files">, before: readonly string[]) {
  if (size > itemLimits.fileBytes)
    return `It has ${sizeText(size)}. A file has ${sizeText(itemLimits.fileBytes)} at most.`;
  if (name.length > itemLimits.fileName) return `Its name has more than ${itemLimits.fileName} characters.`;
  const taken = [
    ...files.filter(({ sectionId }) => sectionId === "").map(({ attributes }) => attributes.name),
    ...before,
  ];
  // Only their ids would tell two of them apart.
  if (taken.includes(name)) return "The item has a file of this name. Remove that one, or give this one another name.";
  return undefined;
}

/** Attaches a file, and returns the item with it. `told` gets the bytes so far. Undefined where it was cancelled. */
export async function attachFile(
  channel: Channel,
  { vaultId, id: itemId, version }: Item,
  file: File,
  signal: AbortSignal,
  told: (bytes: number) => void,
): Promise<Item | undefined> {
  const place = { vaultId, itemId, version, sectionId: "", fieldId: newFieldId() };
  const { handle } = await channel.call("files.openWrite", { ...place, name: file.name, size: file.size });
  try {
    // An empty file has one chunk, which is empty.
    for (let at = 0; at === 0 || at < file.size; at += limits.chunkBytes) {
      const content = base64Of(await chunkOf(file, at));
      if (signal.aborted) return await letGo(channel, handle);
      await channel.call("files.writeChunk", { handle, content });
      told(Math.min(file.size, at + limits.chunkBytes));
    }
    if (signal.aborted) return await letGo(channel, handle);
    return await channel.call("files.commit", { handle });
  } catch (error) {
    // The agent may be gone or locked, and has let go of the file then. The first error is the one that is thrown.
    await letGo(channel, handle).catch(() => undefined);
    throw error;
  }
}

async function letGo(channel: Channel, handle: string): Promise<undefined> {
  await channel.call("files.close", { handle });
  return undefined;
}

const FIELD_ID_BYTES = 10;

/** Chosen at random: the id of a field is never drawn, and a file is found by its name. */
function newFieldId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(FIELD_ID_BYTES));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function chunkOf(file: File, at: number): Promise<Uint8Array> {
  try {
    return new Uint8Array(await file.slice(at, at + limits.chunkBytes).arrayBuffer());
  } catch {
    throw new FileUnreadable();
  }
}

/** Bytes that become arguments of one call. More of them would be more than an engine takes. */
const AT_ONCE = 8192;

function base64Of(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += AT_ONCE) text += String.fromCharCode(...bytes.subarray(at, at + AT_ONCE));
  return btoa(text);
}
