// The Secret Key: 128 random bits that stay on the account's devices and in its emergency kit. With it, what the service
// stores cannot be attacked by guessing passwords.
import { utf8, wipeable } from "./encoding.ts";
import type { Primitives } from "./primitives.ts";

/** Bytes of a Secret Key. */
export const SECRET_KEY_BYTES = 16;

/** Crockford's base32: no I, L, O, U, so that none is misread or spells a word. */
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const PREFIX = "P1";
const DIGITS = 26;
const CHECK_DIGITS = 4;
const GROUP = 6;

/** A new Secret Key. */
export function newSecretKey(crypto: Primitives): Uint8Array {
  return crypto.keep(crypto.randomBytes(SECRET_KEY_BYTES));
}

/** `P1-` and 30 characters in groups of six; the last four are a check, so that a slip of the pen is told. */
export function formatSecretKey(crypto: Primitives, key: Uint8Array): string {
  const text = encode(key, DIGITS) + checkOf(crypto, key);
  const groups = text.match(new RegExp(`.{1,${GROUP}}`, "g")) ?? [];
  return [PREFIX, ...groups].join("-");
}

/** Reads what a person typed: case, spaces and hyphens do not matter, and O, I, L are read as 0, 1, 1. Undefined when it is no Secret Key. */
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

/** The first 20 bits of a hash: one slip in a million goes unseen. */
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
  // Two bits are left over; any but zero would give one key two spellings.
  return buffer === 0 ? key : undefined;
}
