// Derives a user's two keys from the password and the Secret Key. The unlock key wraps the root key and never leaves the device. The
// sign-in seed proves to the service who the user is.
import { fields, utf8, wipeable } from "./encoding.ts";
import { keepAll } from "./keep-all.ts";
import type { Argon2Cost, Primitives } from "./primitives.ts";

/**
 * Argon2id of suite 1 (RFC 9106, section 4). A small machine can spare 128 MiB for one unlock at a time, and needs about half a
 * second for three passes. The cost is part of the suite: another cost is another suite.
 */
export const ARGON2_COST: Argon2Cost = { memoryKiB: 128 * 1024, passes: 3, lanes: 1, size: 32 };

/** Bytes of every symmetric key and seed of suite 1. */
export const KEY_BYTES = 32;

const SALT_BYTES = 16;
const EMPTY = new Uint8Array();

/** The keys of a password and a Secret Key. Both are secret. The caller wipes them. */
export type UserKeys = { readonly unlockKey: Uint8Array; readonly signInSeed: Uint8Array };

/** Derives a user's keys, off the calling thread, in the time of one Argon2id. The password is normalized (NFKC) and not trimmed. */
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
    const [unlockKey, signInSeed] = keepAll(
      crypto,
      subkey(crypto, both, "postern/1 unlock key"),
      subkey(crypto, both, "postern/1 sign-in seed"),
    );
    return { unlockKey, signInSeed };
  } finally {
    crypto.wipe(stretched, both);
  }
}

/** A 32-byte key for one purpose from another key: HKDF-SHA-256 (RFC 5869) with the purpose as info and no salt. */
export function subkey(crypto: Primitives, key: Uint8Array, label: string): Uint8Array {
  return crypto.hkdfSha256(key, EMPTY, utf8(label), KEY_BYTES);
}

/** The verifier of a PIN: Argon2id of suite 1 over the NFKC PIN and a 16-byte random salt. It wraps no key. */
export function pinVerifier(crypto: Primitives, pin: string, salt: Uint8Array): Promise<Uint8Array> {
  return stretch(crypto, pin, salt);
}

/** Normalizes to NFKC, since two systems may write the same password in two ways. The typed bytes are wiped in any case. */
async function stretch(crypto: Primitives, typed: string, salt: Uint8Array): Promise<Uint8Array> {
  const bytes = utf8(typed.normalize("NFKC"));
  try {
    return await crypto.argon2id(bytes, salt, ARGON2_COST);
  } finally {
    crypto.wipe(bytes);
  }
}
