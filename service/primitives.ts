// The four primitives the service needs, from node:crypto: it makes nonces and tokens, hashes them, and checks signatures.
// It can neither seal nor open, so it needs no libsodium. It accepts no signature that libsodium refuses.
import { createHash, createPublicKey, randomBytes, timingSafeEqual, verify } from "node:crypto";
import type { CheckingPrimitives } from "../protocol/crypto/primitives.ts";

/** The fixed beginning of an Ed25519 public key in SPKI form (RFC 8410, section 4): 32 key bytes follow. */
const SPKI_PREFIX = Buffer.from("302a300506032b6570032100", "hex");

/** 2^255 − 19. A y coordinate at or past it is a second spelling of a smaller one. */
const FIELD_PRIME = 2n ** 255n - 19n;

/** y of the points of order 8; those of order 1, 2 and 4 have y = 1, −1 and 0. */
const ORDER_EIGHT: readonly bigint[] = [
  0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd83d3d706a17c7n,
  0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n,
];

export const nodePrimitives: CheckingPrimitives = {
  randomBytes: (size) => new Uint8Array(randomBytes(size)),
  sha256: (message) => new Uint8Array(createHash("sha256").update(message).digest()),
  verify: (publicKey, message, signature) => {
    if (publicKey.length !== 32 || signature.length !== 64) return false;
    if (!isSound(publicKey) || !isSound(signature.subarray(0, 32))) return false;
    const key = createPublicKey({ key: Buffer.concat([SPKI_PREFIX, publicKey]), format: "der", type: "spki" });
    return verify(null, message, key, signature);
  },
  equal: (a, b) => a.length === b.length && timingSafeEqual(a, b),
};

/**
 * OpenSSL checks what RFC 8032 asks for and no more; libsodium also refuses points of small order, for which one signature
 * fits many messages, and second spellings of a point. A row that passed here and failed at every client would be poison.
 */
function isSound(point: Uint8Array): boolean {
  const y = BigInt(`0x${Buffer.from(point).reverse().toString("hex")}`) & (2n ** 255n - 1n);
  const smallOrder = y === 0n || y === 1n || y === FIELD_PRIME - 1n || ORDER_EIGHT.includes(y);
  return y < FIELD_PRIME && !smallOrder;
}
