// From a password and a Secret Key to the two keys that everything of a user hangs on: the unlock key, which wraps the
// root key and never leaves the device, and the sign-in seed, which proves to the service who we are.
import { fields, utf8, wipeable } from "./encoding.ts";
import type { Argon2Cost, Primitives } from "./primitives.ts";

/**
 * Argon2id of suite 1 (RFC 9106, section 4): 128 MiB is what a small machine can spare for one unlock at a time, and
 * three passes take about half a second on it. Part of the suite: changing it makes a new suite.
 */
export const ARGON2_COST: Argon2Cost = { memoryKiB: 128 * 1024, passes: 3, lanes: 1, size: 32 };

/** Bytes of every symmetric key and seed of suite 1. */
export const KEY_BYTES = 32;

const SALT_BYTES = 16;
const EMPTY = new Uint8Array();

/** What a password and a Secret Key give. Both are secret; the caller wipes them. */
export type UserKeys = { readonly unlockKey: Uint8Array; readonly signInSeed: Uint8Array };

/** Derives a user's keys. Takes as long as Argon2id does; runs off the calling thread. The password is NFKC, not trimmed. */
export async function deriveUserKeys(
  crypto: Primitives,
  input: { password: string; secretKey: Uint8Array; account: string; user: string },
): Promise<UserKeys> {
  const salt = crypto.hkdfSha256(
    input.secretKey,
    EMPTY,
    fields("postern/1 salt", input.account, input.user),
    SALT_BYTES,
  );
  const stretched = await stretch(crypto, input.password, salt);
  const both = wipeable(stretched.length + input.secretKey.length);
  both.set(stretched);
  both.set(input.secretKey, stretched.length);
  try {
    const unlockKey = crypto.keep(subkey(crypto, both, "postern/1 unlock key"));
    const signInSeed = crypto.keep(subkey(crypto, both, "postern/1 sign-in seed"));
    return { unlockKey, signInSeed };
  } finally {
    crypto.wipe(stretched, both);
  }
}

/** A 32-byte key for one purpose from another key: HKDF-SHA-256 (RFC 5869) with the purpose as info and no salt. */
export function subkey(crypto: Primitives, key: Uint8Array, label: string): Uint8Array {
  return crypto.hkdfSha256(key, EMPTY, utf8(label), KEY_BYTES);
}

/** What a PIN is checked against: Argon2id of suite 1 over the NFKC PIN and a 16-byte random salt. It wraps nothing. */
export function pinVerifier(crypto: Primitives, pin: string, salt: Uint8Array): Promise<Uint8Array> {
  return stretch(crypto, pin, salt);
}

/** NFKC, since keyboards of two systems write one password in two ways; what was typed is wiped whatever happens. */
async function stretch(crypto: Primitives, typed: string, salt: Uint8Array): Promise<Uint8Array> {
  const bytes = utf8(typed.normalize("NFKC"));
  try {
    return await crypto.argon2id(bytes, salt, ARGON2_COST);
  } finally {
    crypto.wipe(bytes);
  }
}
