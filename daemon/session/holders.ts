// The connections that use a token's session. The session is kept while a connection holds it, and a while longer for the next program of a
// script.
import type { Clock } from "../host/clock.ts";

/** Milliseconds for which a session outlives its last connection. The programs of a script come one after another. */
export const TOKEN_LINGER_MS = 10 * 60_000;

export type Holders = {
  /** Holds the session for a connection. The returned function releases it, once. */
  hold(): () => void;
  /** Whether it was held and no longer is. */
  isLeft(): boolean;
  /** The session has ended. Stops all waiting. */
  stop(): void;
};

/** Calls `unused` once no connection has held the session for a while. */
export function createHolders(clock: Clock, unused: () => void): Holders {
  let holders = 0;
  let wasHeld = false;
  let stopped = false;
  // The connection that presented the token may have gone.
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
