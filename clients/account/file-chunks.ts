// Files of items, chunk by chunk. The agent holds one chunk at a time, whatever the size of the file.
import { fromBase64, newId, toBase64 } from "../../protocol/crypto/encoding.ts";
import { openFile, sealFile } from "../../protocol/crypto/file.ts";
import { type FileHeader, newItemKey } from "../../protocol/crypto/item.ts";
import type { Primitives } from "../../protocol/crypto/primitives.ts";
import type { ItemRows, OpenedItem } from "./item-rows.ts";
import type { ServiceSession } from "./service-session.ts";

/** A file that is being written. */
export type FileStream = {
  push(chunk: Uint8Array, final: boolean): Promise<void>;
  end(): FileHeader;
  /** Tells the service to remove the written chunks, where no revision names the file. Throws as a call does. */
  abandon(): Promise<void>;
};

export type FileChunks = {
  /** The key of an item, for writing files to it. The caller wipes it. */
  itemKeyOf(vault: string, item: string): Promise<Uint8Array>;
  /** A key for a new item with files. createItem wipes it. */
  newItemKey(): Uint8Array;
  /** Writes a file's chunks. The revision that names the file takes the header. For a new item, `itemKey` is its key. */
  writeFile(place: { vault: string; item: string }, itemKey: Uint8Array): FileStream;
  /** Reads a file's chunks in order. */
  readFile(item: OpenedItem, header: FileHeader): { next(): Promise<{ chunk: Uint8Array; final: boolean }> };
};

type FileChunksParts = {
  readonly crypto: Primitives;
  readonly account: string;
  readonly session: ServiceSession;
  readonly rows: ItemRows;
};

export function createFileChunks({ crypto, account, session, rows }: FileChunksParts): FileChunks {
  async function openHeader(vault: string, item: string, header: FileHeader) {
    const itemKey = rows.keyOf(await rows.fetch(vault, item));
    const opened = openFile(crypto, { place: { account, vault, item }, header, itemKey });
    crypto.wipe(itemKey);
    return opened;
  }

  return {
    itemKeyOf: async (vault, item) => rows.keyOf(await rows.fetchToWrite(vault, item)),
    newItemKey: () => newItemKey(crypto),
    writeFile: (place, itemKey) => {
      const file = newId(crypto);
      const stream = sealFile(crypto, { place: { account, ...place }, file, itemKey });
      let index = 0;
      let pushing: Promise<unknown> = Promise.resolve();
      return {
        push: async (chunk, final) => {
          const sealed = toBase64(stream.push(chunk, final));
          const pushed = session.call("files.putChunk", { ...place, file, index: index++, sealed });
          pushing = pushed.catch(() => undefined);
          await pushed;
        },
        end: () => stream.end(),
        abandon: async () => {
          if (index === 0) return;
          // Waits for the chunk that is under way. Otherwise the service would store it after the others were removed.
          await pushing;
          await session.call("files.abandon", { ...place, file });
        },
      };
    },
    // Takes ids only. An opened item may have megabytes, and reading a file needs none of them.
    readFile: ({ vault, id: item }, header) => {
      let index = 0;
      let opened: ReturnType<typeof openFile> | undefined;
      return {
        next: async () => {
          opened ??= await openHeader(vault, item, header);
          const place = { vault, item, file: header.id, index: index++ };
          const { sealed } = await session.call("files.getChunk", place);
          return opened.pull(fromBase64(sealed) ?? new Uint8Array());
        },
      };
    },
  };
}
