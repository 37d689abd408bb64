// The five primitives of the service, from node:crypto. It makes nonces and tokens, hashes and MACs them, and checks signatures. It neither
// seals nor opens, so it needs no libsodium. Clients use libsodium; tests hold both verdicts equal, points of small order included.
import { createHash, createHmac, createPublicKey, randomBytes, timingSafeEqual, verify } from "node:crypto";
import type { CheckingPrimitives } from "../protocol/crypto/primitives.ts";

/** The fixed beginning of an Ed25519 public key in SPKI form (RFC 8410, section 4): 32 key bytes follow. */
const SPKI_PREFIX = Buffer.from("302a300506032b6570032100", "hex");

export const nodePrimitives: CheckingPrimitives = {
  randomBytes: (size) => new Uint8Array(randomBytes(size)),
  sha256: (message) => new Uint8Array(createHash("sha256").update(message).digest()),
  hmacSha256: (key, message) => new Uint8Array(createHmac("sha256", key).update(message).digest()),
  verify: (publicKey, message, signature) => {
    if (publicKey.length !== 32 || signature.length !== 64) return false;
    const key = createPublicKey({ key: Buffer.concat([SPKI_PREFIX, publicKey]), format: "der", type: "spki" });
    return verify(null, message, key, signature);
  },
  equal: (a, b) => a.length === b.length && timingSafeEqual(a, b),
};
