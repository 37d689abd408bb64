// Who uses a token's session: it is kept while a connection holds it, and a while longer for the next program of a script.
import type { Clock } from "../host/clock.ts";

/** Milliseconds that a session outlives the last connection that held it: programs of a script come one after another. */
export const TOKEN_LINGER_MS = 10 * 60_000;

export type Holders = {
  /** Keeps it while a connection uses it; the returned function lets go, once. */
  hold(): () => void;
  /** Whether it was held, and is no more. */
  isLeft(): boolean;
  /** It has ended: nothing is waited for any more. */
  stop(): void;
};

/** `unused` is called once nobody has held it for a while. */
export function createHolders(clock: Clock, unused: () => void): Holders {
  let holders = 0;
  let wasHeld = false;
  let stopped = false;
  // Whoever presented it may be gone by now.
  let cancelEnd = clock.after(TOKEN_LINGER_MS, unused);
  return {
    hold: () => {
      wasHeld = true;
      holders++;
      cancelEnd();
      let held = true;
      return () => {
        if (!held) return;
        held = false;
        holders--;
        if (holders === 0 && !stopped) cancelEnd = clock.after(TOKEN_LINGER_MS, unused);
      };
    },
    isLeft: () => wasHeld && holders === 0,
    stop: () => {
      stopped = true;
      cancelEnd();
    },
  };
}
