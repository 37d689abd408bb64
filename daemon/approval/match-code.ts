// Match codes: two letters and two digits that the asking program and the approver both show. A code shows a person that both mean the same
// prompt. It protects nothing.
import { randomInt } from "node:crypto";

/** Crockford's letters. None looks like another or like a digit. */
const LETTERS = "ABCDEFGHJKMNPQRSTVWXYZ";

export type MatchCodes = { take(): string; give(code: string): void };

/** A code that no open prompt has. There are 48,400 codes, and the quotas allow a few dozen prompts, so a free one is found soon. */
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
