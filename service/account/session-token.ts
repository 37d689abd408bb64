// The token of a session: random bytes, and a MAC over them under the store's key. So a wrong one is told without a look at the store, and a stranger
// who sends any number of them makes no read. The store keeps the hash of a token alone.
import { utf8 } from "../../protocol/crypto/encoding.ts";
import type { Service } from "../context.ts";

/** Bytes of either half. Neither random bytes nor a MAC of 128 bits are guessed. */
const HALF_BYTES = 16;

type Keyed = Pick<Service, "primitives" | "challengeKey">;

export function newSessionToken(service: Keyed): Uint8Array {
  const random = service.primitives.randomBytes(HALF_BYTES);
  return Uint8Array.from([...random, ...macOf(service, random)]);
}

/** Whether this store's service made it. Its session may have ended. */
export function isOwnSessionToken(service: Keyed, token: Uint8Array): boolean {
  return service.primitives.equal(token.subarray(HALF_BYTES), macOf(service, token.subarray(0, HALF_BYTES)));
}

/** The challenges have the same key, and other words before their bytes. */
function macOf({ primitives, challengeKey }: Keyed, random: Uint8Array): Uint8Array {
  const message = [...utf8("postern/1 session token"), ...random];
  return primitives.hmacSha256(challengeKey, Uint8Array.from(message)).subarray(0, HALF_BYTES);
}
