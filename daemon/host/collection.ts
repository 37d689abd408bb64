// Clears from memory what no code holds any more. JavaScript's texts cannot be wiped. V8 frees them late, and leaves their characters in the freed
// pages. So V8 is told to clear what it frees, and after a lock it is told to free.
import { closeSync, writeSync } from "node:fs";
import { createServer } from "node:http";
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
 * stops the process for about a tenth of a second, and any program may lock, so only a lock that closes something may call it.
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
    overwriteReadBuffer(native.socketPair(), (ours) => ours.on("error", failed).resume());
    overwriteReadBuffer(native.socketPair(), (ours) => readAsHttp(ours));
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

/**
 * Node reads all sockets into one buffer, and all HTTP into another. No code can reach them, and what came is copied from there. So zeros are read
 * into them, over the last lines.
 */
function overwriteReadBuffer([ours, theirs]: readonly [number, number], read: (ours: Socket) => void): void {
  try {
    // The kernel takes less where its buffers are set smaller. Then less is overwritten, and nothing waits.
    writeSync(theirs, zeros);
  } finally {
    closeSync(theirs);
  }
  read(new Socket({ fd: ours }));
}

const head = Buffer.from("POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 65536\r\n\r\n");
/** A whole request, whose body alone fills a buffer. What is no HTTP reads it as well. */
const zeros = Buffer.concat([head, Buffer.alloc(READ_BYTES)]);

function readAsHttp(ours: Socket): void {
  // It refuses nothing and answers nothing: the other end is closed already.
  createServer((request) => request.resume()).emit("connection", ours);
}
