// The second implementation of the cryptography: libsodium-wrappers (WebAssembly), with Argon2id, HKDF, HMAC and SHA-256 from node:crypto. The tests
// demand that it equals the agent's implementation, byte for byte. Its keys lie in ordinary memory and pass through the module's heap, which it does
// not wipe. So the agent never uses it.
import { argon2, createHash, createHmac, hkdfSync } from "node:crypto";
import sodium from "libsodium-wrappers";
import { alive, libsodiumPrimitives } from "../../../protocol/crypto/libsodium.ts";
import type { Primitives } from "../../../protocol/crypto/primitives.ts";

/** Loads and compiles the WebAssembly module. */
export async function loadSodiumWrappers(): Promise<Primitives> {
  await sodium.ready;
  return { ...libsodiumPrimitives(sodium), ...fromNode };
}

/** A small Buffer may lie in a pool that lives longer than the Buffer. Keys must not lie there. */
function owned(buffer: Buffer): Uint8Array {
  const copy = new Uint8Array(buffer);
  buffer.fill(0);
  return copy;
}

const fromNode: Pick<Primitives, "sha256" | "hmacSha256" | "hkdfSha256" | "argon2id"> = {
  sha256: (message) => new Uint8Array(createHash("sha256").update(message).digest()),
  hmacSha256: (key, message) => owned(createHmac("sha256", alive(key)).update(message).digest()),
  hkdfSha256: (secret, salt, info, size) => new Uint8Array(hkdfSync("sha256", alive(secret), salt, info, size)),
  argon2id: (password, salt, cost) => {
    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
    const parameters = {
      message: password,
      nonce: salt,
      memory: cost.memoryKiB,
      passes: cost.passes,
      parallelism: cost.lanes,
      tagLength: cost.size,
    };
    argon2("argon2id", parameters, (error, derived) => (error === null ? resolve(owned(derived)) : reject(error)));
    return promise;
  },
};
