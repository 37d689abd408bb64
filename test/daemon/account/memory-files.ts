// Files of items in a map, for the account in memory.
import type { Upload } from "../../../daemon/account/account-item.ts";
import type { Files } from "../../../daemon/account/capabilities.ts";
import { PosternError } from "../../../protocol/errors.ts";
import { memoryId } from "./memory-id.ts";
import type { MemoryStore } from "./memory-store.ts";

export function filesOf({ files }: MemoryStore): Files {
  const upload = (): Upload => {
    let isOpen = true;
    return {
      write: () => {
        const id = memoryId();
        const chunks: Uint8Array[] = [];
        return {
          push: async (chunk) => {
            if (!isOpen) throw new Error("a closed upload");
            chunks.push(chunk.slice());
            files.set(id, chunks);
          },
          end: () => ({ id, size: chunks.reduce((sum, chunk) => sum + chunk.length, 0) }),
          abandon: async () => void files.delete(id),
        };
      },
      close: () => {
        isOpen = false;
      },
    };
  };
  return {
    uploadTo: async () => upload(),
    uploadToNew: upload,
    read: (item, fileId) => {
      const known = [...item.files.map(({ attributes }) => attributes), item.document].find(
        (one) => one?.id === fileId,
      );
      const chunks = files.get(fileId);
      if (known === undefined || chunks === undefined) throw new PosternError("fileNotFound");
      let at = 0;
      return {
        size: known.size,
        heldBytes: 0,
        next: async () => ({ chunk: chunks[at]?.slice() ?? new Uint8Array(), final: ++at >= chunks.length }),
      };
    },
  };
}
