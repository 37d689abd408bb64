// The length of a sealed text says something about its content ("8 characters: a short password"). Padmé (Nikitin et al., PoPETs
// 2019, "Reducing Metadata Leakage from Encrypted Files", section 4) leaves O(log log n) bits of the length, for at most 12 %.
import { PosternError } from "../errors.ts";
import { wipeable, wipeableCopy } from "./encoding.ts";

const LENGTH_BYTES = 4;

/** The least bytes of a sealed text. Most secrets are shorter, so they all look alike. */
export const PADDED_SIZE_MIN = 64;

/** The padded size of `size` bytes. */
export function padmeSize(size: number): number {
  if (size <= PADDED_SIZE_MIN) return PADDED_SIZE_MIN;
  const exponent = Math.floor(Math.log2(size));
  const significant = Math.floor(Math.log2(exponent)) + 1;
  const step = 2 ** (exponent - significant);
  return Math.ceil(size / step) * step;
}

/** Bytes of a content of `size` bytes with its length and padding. */
export function paddedSize(size: number): number {
  return padmeSize(LENGTH_BYTES + size);
}

/** Length (4 bytes, big-endian), content, zeros. */
export function pad(content: Uint8Array): Uint8Array {
  const padded = wipeable(paddedSize(content.length));
  new DataView(padded.buffer).setUint32(0, content.length);
  padded.set(content, LENGTH_BYTES);
  return padded;
}

/** Returns a copy of the content. Throws sealBroken where the padding is not exactly the one of `pad`. */
export function unpad(padded: Uint8Array): Uint8Array {
  if (padded.length < LENGTH_BYTES) throw new PosternError("sealBroken", "the padding");
  const size = new DataView(padded.buffer, padded.byteOffset).getUint32(0);
  const end = LENGTH_BYTES + size;
  const exact =
    end <= padded.length && padded.length === padmeSize(end) && padded.subarray(end).every((byte) => byte === 0);
  if (!exact) throw new PosternError("sealBroken", "the padding");
  return wipeableCopy(padded.subarray(LENGTH_BYTES, end));
}
