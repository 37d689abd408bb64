// A share: a copy of an item for whoever holds its link. The link's fragment, which browsers do not send, holds a random
// secret. From it come two keys by libsodium's crypto_kdf: the access key, which is proved to the service, and the key that
// opens the copy, which the service never sees. Neither gives the other. A browser can derive both: no Argon2id, no Node.
import { fields, fromBase64, SUITE, toBase64, wipeableCopy } from "./encoding.ts";
import { type Context, open, seal } from "./envelope.ts";
import type { ItemPlace } from "./item.ts";
import type { CheckingPrimitives, Primitives } from "./primitives.ts";

/** Bytes of the secret in the link: random, so no derivation needs to be slow. */
export const SHARE_SECRET_BYTES = 32;

/** crypto_kdf's context, exactly 8 characters, with the suite in it; nothing else derives under it. */
const KDF_CONTEXT = `postshr${SUITE}`;
const ACCESS_KEY = 1;
const CONTENT_KEY = 2;

/** What a secret gives. Both are secret; the caller wipes them. */
export type ShareKeys = { readonly accessKey: Uint8Array; readonly contentKey: Uint8Array };

/** The keys of a secret. Throws locked when it was wiped. */
export function shareKeys(crypto: Pick<Primitives, "kdf">, secret: Uint8Array): ShareKeys {
  return {
    accessKey: crypto.kdf(secret, KDF_CONTEXT, ACCESS_KEY),
    contentKey: crypto.kdf(secret, KDF_CONTEXT, CONTENT_KEY),
  };
}

/** What the service keeps of an access key: a stolen store opens no view. */
export function accessKeyHash(
  crypto: Pick<CheckingPrimitives, "sha256">,
  share: string,
  accessKey: Uint8Array,
): Uint8Array {
  return crypto.sha256(fields("postern/1 share access", share, accessKey));
}

/** Where the sealed parts of a share belong. Its reader knows no account and no vault, and the key is this share's alone. */
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

/** The link: the id in its path, which a server may log, and the secret in its fragment, which never leaves the browser. */
export function shareLink(publicAddress: string, share: string, secret: Uint8Array): string {
  return `${publicAddress}/s/${share}#${secret.toBase64({ alphabet: "base64url", omitPadding: true })}`;
}

/** The secret of a fragment, with or without its "#"; undefined for anything that `shareLink` does not write. */
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
