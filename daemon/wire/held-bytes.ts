// Bytes that peers make the agent hold: half lines, requests that wait for a person, answers that are not read yet. Each
// connection alone is bounded; together, hundreds of them could still ask for gigabytes, and the agent would be ended by
// the kernel with every session in it. So all share one purse, beyond a little that each has for itself: a program that
// empties the purse cannot keep others from asking for a secret.

const KiB = 1024;
const MiB = 1024 * KiB;

/** Bytes each connection may hold without touching the purse: a line of a peer that has not said hello. */
export const OWN_BYTES = 64 * KiB;

/** Bytes all connections may hold beyond that: sixteen of the longest lines at once. */
export const SHARED_BYTES_MAX = 64 * MiB;

/** One connection's part. */
export type HeldShare = {
  /** Tells how much the connection holds by now; false, and nothing noted, where the purse has not that much more. */
  hold(bytes: number): boolean;
};

export type HeldBytes = { share(): HeldShare };

export function createHeldBytes(sharedBytesMax: number = SHARED_BYTES_MAX): HeldBytes {
  let shared = 0;
  return {
    share: () => {
      let mine = 0;
      return {
        hold: (bytes) => {
          const more = Math.max(0, bytes - OWN_BYTES) - mine;
          if (more > 0 && shared + more > sharedBytesMax) return false;
          shared += more;
          mine += more;
          return true;
        },
      };
    },
  };
}
