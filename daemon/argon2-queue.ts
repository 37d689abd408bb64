// One Argon2id at a time in the whole agent: each takes 128 MiB and a core for a while. Those that wait are few by a
// limit; no person is awaited here, only the machine.
import { PosternError } from "../protocol/errors.ts";
import type { Sodium } from "./sodium.ts";

/** Derivations that may wait: at a third of a second each, the last is served within five. */
export const ARGON2_WAITING_MAX = 16;

/** The same primitives with Argon2id one at a time. Throws `busy` past the limit. */
export function withArgon2Queue(sodium: Sodium): Sodium {
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  return {
    ...sodium,
    argon2id: (password, salt, cost) => {
      if (waiting >= ARGON2_WAITING_MAX) return Promise.reject(new PosternError("busy"));
      waiting++;
      const derived = last.then(() => sodium.argon2id(password, salt, cost));
      // The next one starts whether this one succeeded or not; its failure is its own caller's to see.
      last = derived.then(
        () => waiting--,
        () => waiting--,
      );
      return derived;
    },
  };
}
