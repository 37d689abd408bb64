// A reserve of the memory for keys. Any program can present tokens of its own making, each with as many vaults as its service likes. They must not use
// up the room in which a person's account is unlocked.
import { PosternError } from "../../protocol/errors.ts";
import type { Sodium } from "./sodium.ts";

/** Keys that only the accounts of persons may keep: half of all, as many as a thousand vaults have. */
export const PERSONS_KEYS = 2_048;

/** The same primitives, for the sessions of tokens. Keeping a key throws `busy` where only the reserve is left. */
export function withoutReserve(sodium: Sodium, reserve = PERSONS_KEYS): Sodium {
  return {
    ...sodium,
    keep: (key) => {
      if (sodium.keysLeft() > reserve) return sodium.keep(key);
      sodium.wipe(key);
      throw new PosternError("busy", "the tokens in use have no more room for keys", {
        hint: "end programs with other tokens",
      });
    },
  };
}
