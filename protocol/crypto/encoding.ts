// The encoding of byte strings that are sealed, signed, hashed or sent. Every field has a fixed length or carries its length. So two
// different lists of fields never give the same bytes.
import type { Primitives } from "./primitives.ts";

/** The suite of everything that this folder seals and signs. An unknown suite is refused and never tried. */
export const SUITE = 1;

const encoder = new TextEncoder();

/** UTF-8 bytes of a text. */
export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/**
 * Zeros for bytes that may be secret. V8 keeps a typed array of up to 64 bytes in its own heap, and moves it out when native code
 * first touches it. Wiping then misses the old place. An array over its own buffer has one place from the start.
 */
export function wipeable(size: number): Uint8Array {
  return new Uint8Array(new ArrayBuffer(size));
}

/** A copy that wiping reaches. A copy by slice() may leave traces. */
export function wipeableCopy(bytes: Uint8Array): Uint8Array {
  const copy = wipeable(bytes.length);
  copy.set(bytes);
  return copy;
}

/** Joins fields, each behind its length as 4 bytes, big-endian. Texts are UTF-8, integers 8 bytes. */
export function fields(...parts: readonly (Uint8Array | string | number)[]): Uint8Array {
  const encoded = parts.map((part) =>
    typeof part === "number" ? integer(part) : typeof part === "string" ? utf8(part) : part,
  );
  const size = encoded.reduce((sum, part) => sum + 4 + part.length, 0);
  const joined = wipeable(size);
  const view = new DataView(joined.buffer);
  let at = 0;
  for (const part of encoded) {
    view.setUint32(at, part.length);
    joined.set(part, at + 4);
    at += 4 + part.length;
  }
  return joined;
}

function integer(value: number): Uint8Array {
  if (!Number.isSafeInteger(value) || value < 0)
    throw new RangeError("an integer field must be a safe, non-negative integer");
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value));
  return bytes;
}

/** Standard base64 with padding (RFC 4648, section 4). Sealed bytes are sent and stored in this form. */
export function toBase64(bytes: Uint8Array): string {
  return bytes.toBase64();
}

/** Decodes standard base64 strictly. Undefined for anything else. */
export function fromBase64(text: string): Uint8Array | undefined {
  try {
    const bytes = Uint8Array.fromBase64(text, { lastChunkHandling: "strict" });
    // The decoder skips white space, which would give one value many texts.
    return text.length === 4 * Math.ceil(bytes.length / 3) ? bytes : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

const BASE32 = "abcdefghijklmnopqrstuvwxyz234567";

/** Bytes of randomness in an id. No two ids collide, and none can be guessed. */
const ID_BYTES = 16;

/** A new id: 16 random bytes as 26 characters of lower-case base32 without padding (RFC 4648, section 6). */
export function newId(crypto: Pick<Primitives, "randomBytes">): string {
  return base32(crypto.randomBytes(ID_BYTES));
}

/** Lower-case base32 without padding. */
export function base32(bytes: Uint8Array): string {
  let text = "";
  let buffer = 0;
  let bits = 0;
  for (const byte of bytes) {
    buffer = (buffer << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += BASE32[(buffer >>> bits) & 31];
    }
    buffer &= (1 << bits) - 1;
  }
  return bits > 0 ? text + BASE32[(buffer << (5 - bits)) & 31] : text;
}

/** Whether a text has the form of an id. */
export function isId(text: string): boolean {
  return /^[a-z2-7]{26}$/.test(text);
}
