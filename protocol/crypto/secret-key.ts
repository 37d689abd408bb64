// The Secret Key: 128 random bits on the account's devices and in its emergency kit. Because of it, a thief of the service's store
// cannot try passwords on it.
import { utf8, wipeable } from "./encoding.ts";
import type { Primitives } from "./primitives.ts";

/** Bytes of a Secret Key. */
export const SECRET_KEY_BYTES = 16;

/** Crockford's base32. It lacks I, L, O and U, so that no letter is misread and no word is spelled. */
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const PREFIX = "P1";
const DIGITS = 26;
const CHECK_DIGITS = 4;
const GROUP = 6;

/** A new Secret Key. */
export function newSecretKey(crypto: Primitives): Uint8Array {
  return crypto.keep(crypto.randomBytes(SECRET_KEY_BYTES));
}

/** `P1-` and 30 characters in groups of six. The last four are a checksum, which finds a slip of the pen. */
export function formatSecretKey(crypto: Primitives, key: Uint8Array): string {
  const text = encode(key, DIGITS) + checkOf(crypto, key);
  const groups = text.match(new RegExp(`.{1,${GROUP}}`, "g")) ?? [];
  return [PREFIX, ...groups].join("-");
}

/** Reads a typed Secret Key. Case, spaces and hyphens do not matter; O, I, L are read as 0, 1, 1. Undefined where it is none. */
export function parseSecretKey(crypto: Primitives, typed: string): Uint8Array | undefined {
  const text = typed.toUpperCase().replace(/[\s-]/gu, "").replaceAll("O", "0").replace(/[IL]/g, "1");
  if (!text.startsWith(PREFIX)) return undefined;
  const body = text.slice(PREFIX.length);
  if (body.length !== DIGITS + CHECK_DIGITS) return undefined;
  const key = decode(body.slice(0, DIGITS));
  if (key === undefined || checkOf(crypto, key) === body.slice(DIGITS)) return key;
  crypto.wipe(key);
  return undefined;
}

/** The checksum: the first 20 bits of a hash. It misses one slip in a million. */
function checkOf(crypto: Primitives, key: Uint8Array): string {
  return encode(crypto.hmacSha256(utf8("postern/1 secret key check"), key).subarray(0, 3), 5).slice(0, CHECK_DIGITS);
}

function encode(bytes: Uint8Array, digits: number): string {
  let text = "";
  let buffer = 0;
  let bits = 0;
  for (const byte of bytes) {
    buffer = (buffer << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += ALPHABET[(buffer >>> bits) & 31];
    }
    buffer &= (1 << bits) - 1;
  }
  if (bits > 0) text += ALPHABET[(buffer << (5 - bits)) & 31];
  return text.padEnd(digits, "0");
}

function decode(text: string): Uint8Array | undefined {
  const key = wipeable(SECRET_KEY_BYTES);
  let buffer = 0;
  let bits = 0;
  let at = 0;
  for (const character of text) {
    const digit = ALPHABET.indexOf(character);
    if (digit === -1) return undefined;
    buffer = (buffer << 5) | digit;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      key[at++] = buffer >>> bits;
      buffer &= (1 << bits) - 1;
    }
  }
  // Two bits are left over. They must be zero, or one key would have several spellings.
  return buffer === 0 ? key : undefined;
}
