// Match codes: two letters and two digits that the asking program and the approver both show. A code helps a person to
// see that both speak of the same prompt; it is no control.
import { randomInt } from "node:crypto";

/** Crockford's letters: none is taken for another or for a digit. */
const LETTERS = "ABCDEFGHJKMNPQRSTVWXYZ";

export type MatchCodes = { take(): string; give(code: string): void };

/** Codes unique among the open prompts. 48,400 codes exist and the quotas allow a few dozen prompts, so a free one is near. */
export function createMatchCodes(): MatchCodes {
  const taken = new Set<string>();
  return {
    take: () => {
      for (;;) {
        const code = `${LETTERS[randomInt(LETTERS.length)]}${LETTERS[randomInt(LETTERS.length)]}-${randomInt(10)}${randomInt(10)}`;
        if (taken.has(code)) continue;
        taken.add(code);
        return code;
      }
    },
    give: (code) => taken.delete(code),
  };
}
