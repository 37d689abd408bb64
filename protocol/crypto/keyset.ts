// A principal's key pairs: an Ed25519 identity, which signs, and an X25519 pair, to which vault keys are sealed. The identity signs
// the X25519 key. A client that pins the identity need not trust the service for the other key.
import { PosternError } from "../errors.ts";
import { fields, fromBase64, toBase64 } from "./encoding.ts";
import { type Context, open, seal } from "./envelope.ts";
import { keepAll } from "./keep-all.ts";
import type { Primitives } from "./primitives.ts";

/** Bytes of the seed of either pair. */
export const SEED_BYTES = 32;

/** The open keyset. Its secret keys lie in guarded memory where the platform has it. */
export type Keyset = {
  readonly identity: { readonly publicKey: Uint8Array; readonly secretKey: Uint8Array };
  readonly box: { readonly publicKey: Uint8Array; readonly secretKey: Uint8Array };
};

/** The stored form: base64, with the private seeds sealed under the root key. */
export type SealedKeyset = { identity: string; box: string; boxSignature: string; sealedPrivate: string };

/** The bytes that an identity signs for its X25519 key. */
export function boxKeyBytes(box: Uint8Array): Uint8Array {
  return fields("postern/1 box key", box);
}

function context(account: string, user: string): Context {
  return { part: "private keys", account, user };
}

/** Makes a keyset. Returns it with its stored form. */
export function newKeyset(
  crypto: Primitives,
  rootKey: Uint8Array,
  account: string,
  user: string,
): { keyset: Keyset; sealed: SealedKeyset } {
  const seeds = crypto.randomBytes(2 * SEED_BYTES);
  const keyset = keysetOf(crypto, seeds);
  const sealed = {
    identity: toBase64(keyset.identity.publicKey),
    box: toBase64(keyset.box.publicKey),
    boxSignature: toBase64(crypto.sign(keyset.identity.secretKey, boxKeyBytes(keyset.box.publicKey))),
    sealedPrivate: toBase64(seal(crypto, rootKey, context(account, user), seeds)),
  };
  crypto.wipe(seeds);
  return { keyset, sealed };
}

/** Opens a stored keyset. Throws sealBroken when private and public keys, or the signature, do not belong together. */
export function openKeyset(
  crypto: Primitives,
  rootKey: Uint8Array,
  account: string,
  user: string,
  sealed: SealedKeyset,
): Keyset {
  const envelope = fromBase64(sealed.sealedPrivate);
  if (envelope === undefined) throw new PosternError("sealBroken", "private keys");
  const seeds = open(crypto, rootKey, context(account, user), envelope);
  if (seeds.length !== 2 * SEED_BYTES) {
    crypto.wipe(seeds);
    throw new PosternError("sealBroken", "private keys");
  }
  const keyset = keysetOf(crypto, seeds);
  crypto.wipe(seeds);
  const signature = fromBase64(sealed.boxSignature);
  const fits =
    toBase64(keyset.identity.publicKey) === sealed.identity &&
    toBase64(keyset.box.publicKey) === sealed.box &&
    signature !== undefined &&
    crypto.verify(keyset.identity.publicKey, boxKeyBytes(keyset.box.publicKey), signature);
  if (!fits) {
    crypto.release(keyset.identity.secretKey, keyset.box.secretKey);
    throw new PosternError("sealBroken", "the public keys");
  }
  return keyset;
}

/** The pairs of two seeds: the identity's, then the X25519 pair's. */
export function keysetOf(crypto: Primitives, seeds: Uint8Array): Keyset {
  const identity = crypto.signKeyPair(seeds.subarray(0, SEED_BYTES));
  const box = crypto.boxKeyPair(seeds.subarray(SEED_BYTES));
  const [identityKey, boxKey] = keepAll(crypto, identity.secretKey, box.secretKey);
  return {
    identity: { publicKey: identity.publicKey, secretKey: identityKey },
    box: { publicKey: box.publicKey, secretKey: boxKey },
  };
}
