// Argon2id with less memory. A derivation at its full cost takes a third of a second, and a suite makes hundreds. The vectors in protocol/crypto
// check the cost and the result of the full one. Agents in their own process use the full one.
import type { Sodium } from "../daemon/host/sodium.ts";

const MEMORY_KIB = 1024;

/** The same primitives with a light Argon2id. What one such derivation sealed, only such a derivation opens. */
export function lightArgon2(sodium: Sodium): Sodium {
  return {
    ...sodium,
    argon2id: (password, salt, cost) => sodium.argon2id(password, salt, { ...cost, memoryKiB: MEMORY_KIB }),
  };
}
