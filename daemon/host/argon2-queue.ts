// One Argon2id at a time in the whole agent, since each needs 128 MiB and a core for a while.

import { oneAtATime } from "./one-at-a-time.ts";
import type { Sodium } from "./sodium.ts";

/** Derivations that may wait. At a third of a second each, the last one is done within five seconds. */
export const ARGON2_WAITING_MAX = 16;

/** The same primitives with Argon2id one at a time. Throws `busy` past the limit. */
export function withArgon2Queue(sodium: Sodium): Sodium {
  const inTurn = oneAtATime(ARGON2_WAITING_MAX);
  return { ...sodium, argon2id: (password, salt, cost) => inTurn(() => sodium.argon2id(password, salt, cost)) };
}
