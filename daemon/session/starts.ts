// Tokens that are signing in at their services. A token names its own service, which may keep the agent waiting. One program must not fill every
// place with such tokens.
import { PosternError } from "../../protocol/errors.ts";

/** Running starts of one family of programs. */
export const TOKEN_STARTS_PER_FAMILY = 4;

export type Starts = {
  /** Throws busy where this family has as many running starts as it may. */
  demand(family: string): void;
  /** Counts a start until it has ended. */
  counted<T>(family: string, work: () => Promise<T>): Promise<T>;
};

export function createStarts(): Starts {
  const startsBy = new Map<string, number>();
  return {
    demand: (family) => {
      if ((startsBy.get(family) ?? 0) >= TOKEN_STARTS_PER_FAMILY)
        throw new PosternError("busy", `${TOKEN_STARTS_PER_FAMILY} tokens of one program may be on their way at once`);
    },
    counted: (family, work) => {
      startsBy.set(family, (startsBy.get(family) ?? 0) + 1);
      return work().finally(() => {
        const left = (startsBy.get(family) ?? 1) - 1;
        if (left === 0) startsBy.delete(family);
        else startsBy.set(family, left);
      });
    },
  };
}
