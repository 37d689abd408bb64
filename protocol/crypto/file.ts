// Files: a random file key under the item key, and the content as an XChaCha20-Poly1305 secretstream in chunks of 1 MiB. The stream
// authenticates order and end, so a missing or moved chunk is refused, at the end too.
import { PosternError } from "../errors.ts";
import { KEY_BYTES } from "./derivation.ts";
import { fields, fromBase64, SUITE, toBase64 } from "./encoding.ts";
import { type Context, open, seal } from "./envelope.ts";
import type { FileHeader, ItemPlace } from "./item.ts";
import type { Primitives } from "./primitives.ts";

/** Bytes of plaintext in every chunk but the last. */
export const FILE_CHUNK_BYTES = 1024 * 1024;

function associated(place: ItemPlace, file: string): Uint8Array {
  return fields("postern/1 file", SUITE, place.account, place.vault, place.item, file);
}

function keyContext(place: ItemPlace, file: string): Context {
  return { part: "file key", ...place, file };
}

/** The number of chunks of `size` bytes. An empty file has one, since its end must be authenticated too. */
export function chunksOf(size: number): number {
  return Math.max(1, Math.ceil(size / FILE_CHUNK_BYTES));
}

/** Seals a file chunk by chunk. `end` returns the header for the item's revision. The key is wiped before the first chunk. */
export function sealFile(
  crypto: Primitives,
  input: { place: ItemPlace; file: string; itemKey: Uint8Array },
): {
  push(chunk: Uint8Array, final: boolean): Uint8Array;
  end(): FileHeader;
} {
  const key = crypto.randomBytes(KEY_BYTES);
  const stream = crypto.streamSeal(key);
  const sealedKey = toBase64(seal(crypto, input.itemKey, keyContext(input.place, input.file), key));
  crypto.wipe(key);
  const bound = associated(input.place, input.file);
  let size = 0;
  let chunks = 0;
  return {
    push: (chunk, final) => {
      if (chunk.length > FILE_CHUNK_BYTES || (!final && chunk.length !== FILE_CHUNK_BYTES))
        throw new RangeError("every chunk but the last is 1 MiB");
      size += chunk.length;
      chunks++;
      return stream.push(chunk, bound, final);
    },
    end: () => ({ id: input.file, sealedKey, size, chunks, header: toBase64(stream.header) }),
  };
}

/** Opens a file chunk by chunk, in order. `pull` throws sealBroken for an altered, reordered, missing or extra chunk. */
export function openFile(
  crypto: Pick<Primitives, "aeadOpen" | "streamOpen" | "wipe">,
  input: { place: ItemPlace; header: FileHeader; itemKey: Uint8Array },
): { pull(sealed: Uint8Array): { chunk: Uint8Array; final: boolean } } {
  const { place, header } = input;
  const key = open(
    crypto,
    input.itemKey,
    keyContext(place, header.id),
    fromBase64(header.sealedKey) ?? new Uint8Array(),
  );
  const stream = crypto.streamOpen(key, fromBase64(header.header) ?? new Uint8Array());
  crypto.wipe(key);
  const bound = associated(place, header.id);
  let read = 0;
  let index = 0;
  let ended = false;
  return {
    pull: (sealed) => {
      const opened = ended ? undefined : stream.pull(sealed, bound);
      if (opened === undefined) throw new PosternError("sealBroken", "a file chunk");
      index++;
      read += opened.chunk.length;
      ended = opened.final;
      if (opened.final !== (index === header.chunks) || (opened.final && read !== header.size))
        throw new PosternError("sealBroken", "the file's end");
      return opened;
    },
  };
}
