// A share: a copy of an item for everyone who has its link. The link's fragment holds a random secret; browsers do not send the
// fragment. libsodium's crypto_kdf makes two keys of the secret. The access key is the proof to the service. The content key opens
// the copy, and the service never sees it. Neither key gives the other. A browser can derive both, without Argon2id or Node.
import { fields, fromBase64, SUITE, toBase64, wipeableCopy } from "./encoding.ts";
import { type Context, open, seal } from "./envelope.ts";
import type { ItemPlace } from "./item.ts";
import type { CheckingPrimitives, Primitives } from "./primitives.ts";

/** Bytes of the secret in the link. They are random, so the derivation need not be slow. */
export const SHARE_SECRET_BYTES = 32;

/** The context for crypto_kdf: exactly 8 characters, with the suite in it. Nothing else uses it. */
const KDF_CONTEXT = `postshr${SUITE}`;
const ACCESS_KEY = 1;
const CONTENT_KEY = 2;

/** The keys of a secret. Both are secret. The caller wipes them. */
export type ShareKeys = { readonly accessKey: Uint8Array; readonly contentKey: Uint8Array };

/** The keys of a secret. Throws locked when it was wiped. */
export function shareKeys(crypto: Pick<Primitives, "kdf">, secret: Uint8Array): ShareKeys {
  return {
    accessKey: crypto.kdf(secret, KDF_CONTEXT, ACCESS_KEY),
    contentKey: crypto.kdf(secret, KDF_CONTEXT, CONTENT_KEY),
  };
}

/** The hash of an access key, which the service keeps. A stolen store opens no view. */
export function accessKeyHash(
  crypto: Pick<CheckingPrimitives, "sha256">,
  share: string,
  accessKey: Uint8Array,
): Uint8Array {
  return crypto.sha256(fields("postern/1 share access", share, accessKey));
}

/** The place of a share's sealed parts. Its reader knows no account and no vault, and only this share has the key. */
export function sharePlace(share: string): ItemPlace {
  return { account: "", vault: "", item: share };
}

function context(share: string): Context {
  return { part: "share", ...sharePlace(share) };
}

/** Seals the copy. */
export function sealShare(crypto: Primitives, share: string, contentKey: Uint8Array, content: Uint8Array): string {
  return toBase64(seal(crypto, contentKey, context(share), content));
}

/** Opens the copy. Throws sealBroken, or unknownSuite. */
export function openShare(
  crypto: Pick<Primitives, "aeadOpen" | "wipe">,
  share: string,
  contentKey: Uint8Array,
  sealed: string,
): Uint8Array {
  return open(crypto, contentKey, context(share), fromBase64(sealed) ?? new Uint8Array());
}

/** The link. A server may log its path, which has the id. Its fragment has the secret and never leaves the browser. */
export function shareLink(publicAddress: string, share: string, secret: Uint8Array): string {
  return `${publicAddress}/s/${share}#${secret.toBase64({ alphabet: "base64url", omitPadding: true })}`;
}

/** The secret of a fragment, with or without "#". Undefined for a text that `shareLink` does not write. */
export function secretOf(fragment: string): Uint8Array | undefined {
  const text = fragment.startsWith("#") ? fragment.slice(1) : fragment;
  try {
    const secret = Uint8Array.fromBase64(text, { alphabet: "base64url" });
    const canonical = secret.toBase64({ alphabet: "base64url", omitPadding: true }) === text;
    return secret.length === SHARE_SECRET_BYTES && canonical ? wipeableCopy(secret) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
