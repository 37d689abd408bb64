// The bytes that a sign-in key signs. They bind origin, account, user, device, both nonces and the expiry. So a signature answers
// one challenge of one service and nothing else.
import { fields } from "./encoding.ts";
import type { Primitives } from "./primitives.ts";

/** One challenge, as both sides see it. Nonces are 32 bytes; the expiry is RFC 3339 text. */
export type Challenge = {
  readonly origin: string;
  readonly account: string;
  readonly user: string;
  readonly device: string;
  readonly serverNonce: Uint8Array;
  readonly clientNonce: Uint8Array;
  readonly expiresAt: string;
};

/** The bytes of a challenge. */
export function signInBytes(challenge: Challenge): Uint8Array {
  const { origin, account, user, device, serverNonce, clientNonce, expiresAt } = challenge;
  return fields("postern/1 sign-in", origin, account, user, device, serverNonce, clientNonce, expiresAt);
}

/** The bytes that the old sign-in key signs at a password change: the new key, and the root key wrapped anew. */
export function passwordChangeBytes(change: {
  account: string;
  user: string;
  rootKey: Uint8Array;
  signInKey: Uint8Array;
}): Uint8Array {
  return fields("postern/1 password change", change.account, change.user, change.rootKey, change.signInKey);
}

/** The Ed25519 pair of a sign-in seed. The seed is secret. The caller wipes it. */
export function signInKeyPair(crypto: Primitives, seed: Uint8Array): { publicKey: Uint8Array; secretKey: Uint8Array } {
  const pair = crypto.signKeyPair(seed);
  return { publicKey: pair.publicKey, secretKey: crypto.keep(pair.secretKey) };
}
