// A copy of the root key for one authenticator. It is wrapped under the authenticator's PRF output, mixed with a salt and a secret that the agent
// holds. So neither the disk nor the authenticator opens it alone. The sign-in seed lies beside it under the root key, since a sign-in needs both.
import { PosternError } from "../errors.ts";
import { KEY_BYTES } from "./derivation.ts";
import { fields, wipeable } from "./encoding.ts";
import { open, seal } from "./envelope.ts";
import type { Primitives } from "./primitives.ts";

/** Bytes of an authenticator's PRF output (WebAuthn Level 3, section 10.1.4: hmac-secret). */
export const PRF_BYTES = 32;

/** Bytes of the salt and of the agent's secret: nobody guesses them. */
export const COPY_SALT_BYTES = 32;
export const COPY_SECRET_BYTES = 32;

/** Whose copy it is, and for which authenticator. `credential` is its id in base64url; the public key checks its assertions. */
export type CopyPlace = {
  readonly account: string;
  readonly user: string;
  readonly credential: string;
  readonly publicKey: Uint8Array;
};

/** What opens a copy. `prf` comes from the authenticator; the agent holds the others. */
export type CopySecrets = { readonly prf: Uint8Array; readonly salt: Uint8Array; readonly secret: Uint8Array };

/**
 * The key of a copy. The public key is bound too: whoever writes another one into the account file, to sign with a key of their own, has a copy that
 * does not open.
 */
function copyKey(crypto: Primitives, place: CopyPlace, { prf, salt, secret }: CopySecrets): Uint8Array {
  // Of another length, two pairs of output and secret could join to the same bytes.
  if (prf.length !== PRF_BYTES) throw new PosternError("sealBroken", "a PRF output of another size");
  const both = wipeable(prf.length + secret.length);
  both.set(prf);
  both.set(secret, prf.length);
  const { account, user, credential, publicKey } = place;
  const info = fields("postern/1 root key copy", account, user, credential, publicKey);
  try {
    return crypto.keep(crypto.hkdfSha256(both, salt, info, KEY_BYTES));
  } finally {
    crypto.wipe(both);
  }
}

const copyContext = ({ account, user, credential }: CopyPlace) =>
  ({ part: "root key copy", account, user, keyId: credential }) as const;

/** Wraps the root key for an authenticator. */
export function sealRootKeyCopy(
  crypto: Primitives,
  place: CopyPlace,
  secrets: CopySecrets,
  rootKey: Uint8Array,
): Uint8Array {
  const key = copyKey(crypto, place, secrets);
  try {
    return seal(crypto, key, copyContext(place), rootKey);
  } finally {
    crypto.release(key);
  }
}

/** Opens the root key, in kept memory. Throws sealBroken where the PRF output, the secret or the place is another. */
export function openRootKeyCopy(
  crypto: Primitives,
  place: CopyPlace,
  secrets: CopySecrets,
  sealed: Uint8Array,
): Uint8Array {
  const key = copyKey(crypto, place, secrets);
  try {
    return crypto.keep(open(crypto, key, copyContext(place), sealed));
  } finally {
    crypto.release(key);
  }
}

type Owner = { readonly account: string; readonly user: string };

const seedContext = ({ account, user }: Owner) => ({ part: "sign-in seed", account, user }) as const;

/** Seals the sign-in seed of the present password under the root key. */
export function sealSignInSeed(crypto: Primitives, rootKey: Uint8Array, owner: Owner, seed: Uint8Array): Uint8Array {
  return seal(crypto, rootKey, seedContext(owner), seed);
}

/** Opens it, in kept memory. Throws sealBroken. */
export function openSignInSeed(crypto: Primitives, rootKey: Uint8Array, owner: Owner, sealed: Uint8Array): Uint8Array {
  return crypto.keep(open(crypto, rootKey, seedContext(owner), sealed));
}
