// Bytes that peers make the agent hold: half lines, requests that wait for a person, unread answers. Each connection is bounded. But hundreds
// of them together could need gigabytes, and the kernel would kill the agent with all sessions. So each has a small part of its own, and
// all share one purse beyond that. A program that empties the purse cannot stop others from asking for a secret.

const KiB = 1024;
const MiB = 1024 * KiB;

/** Bytes that each connection may hold without the purse: a line of a peer before its hello. */
export const OWN_BYTES = 64 * KiB;

/** Bytes that all connections together may hold beyond that: sixteen of the longest lines. */
export const SHARED_BYTES_MAX = 64 * MiB;

/** The share of one connection. */
export type HeldShare = {
  /** Sets the bytes that the connection holds now. Returns false, and sets nothing, where the purse has not enough. */
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
