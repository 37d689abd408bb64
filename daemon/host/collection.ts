// Clears from memory what no code holds any more. JavaScript's texts cannot be wiped. V8 frees them late, and leaves their characters in the freed
// pages. So V8 is told to clear what it frees, and after a lock it is told to free.
import { closeSync, writeSync } from "node:fs";
import { Socket } from "node:net";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Log } from "./log.ts";
import type { Native } from "./native.ts";

/** Milliseconds from a lock to the collection. Answers that were on their way are sent by then. Several locks are followed by one collection. */
const COLLECT_AFTER_MS = 100;

/** Bytes that Node reads from a socket at once, at most (libuv's `alloc_cb`). */
const READ_BYTES = 65_536;

type Gc = (options: { type: "major"; execution: "sync"; flavor: "last-resort" }) => void;

/**
 * Must be called before the first secret comes: what V8 has freed before is not cleared. The returned function asks for one collection soon. It
 * stops the process for some tens of milliseconds, and any program may lock, so only a lock that closes something may call it.
 */
export function createCollection(native: Pick<Native, "socketPair">, log: Pick<Log, "incident">): () => void {
  setFlagsFromString("--clear-free-memory");
  // The function is to be had in a new context alone, and only while this flag is set.
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("gc") as Gc;
  setFlagsFromString("--no-expose-gc");
  const failed = (thrown: unknown) => log.incident("collection", thrown);
  let isDue = false;

  function collect(): void {
    isDue = false;
    // This kind also gives up what V8 keeps for speed: compiled patterns with the last text that they met, and caches.
    gc({ type: "major", execution: "sync", flavor: "last-resort" });
    overwriteReadBuffer(native.socketPair(), failed);
  }

  return () => {
    if (isDue) return;
    isDue = true;
    setTimeout(() => {
      try {
        collect();
      } catch (thrown) {
        failed(thrown);
      }
    }, COLLECT_AFTER_MS).unref();
  };
}

/** Node reads all sockets into one buffer, which no code can reach, and copies what came. So zeros are read into it, over the last lines. */
function overwriteReadBuffer([ours, theirs]: readonly [number, number], failed: (thrown: unknown) => void): void {
  try {
    writeSync(theirs, Buffer.alloc(READ_BYTES));
  } finally {
    closeSync(theirs);
  }
  new Socket({ fd: ours }).on("error", failed).resume();
}
