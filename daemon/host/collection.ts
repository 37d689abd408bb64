// Clears from memory what no code holds any more. JavaScript's texts cannot be wiped. V8 frees them late, and leaves their characters in the freed
// pages. So V8 is told to clear what it frees, and after a lock it is told to free. Node's buffers of what is sent, and V8's own work, lie with the C
// library. It is told the same.
import { closeSync, writeSync } from "node:fs";
import { createServer } from "node:http";
import { Socket } from "node:net";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Log } from "./log.ts";
import type { Native } from "./native.ts";

/** Milliseconds from a lock to the collection. Answers that were on their way are sent by then. Several locks are followed by one collection. */
const COLLECT_AFTER_MS = 100;

/** Milliseconds from the collection to the clearing of what the C library holds. Node has freed the buffers of collected objects by then. */
const FREED_AFTER_MS = 300;

/** Bytes that Node reads from a socket at once, at most (libuv's `alloc_cb`). */
const READ_BYTES = 65_536;

type Gc = (options: { type: "major"; execution: "sync"; flavor: "last-resort" }) => void;

type ClearingCalls = Pick<Native, "socketPair" | "overwriteFreed" | "overwriteKept" | "trimHeap">;

export type Collection = {
  /**
   * Asks for one collection soon, and clears what Node has read last. It stops the process for about a tenth of a second, and any program may lock, so
   * only a lock that closes something may call it.
   */
  collect(): void;
  /** Collects now. */
  free(): void;
};

/** Must be called before the first secret comes: what V8 has freed before is not cleared. */
export function createCollection(native: ClearingCalls, log: Pick<Log, "incident">): Collection {
  setFlagsFromString("--clear-free-memory");
  native.overwriteFreed();
  // A thread keeps the smallest pieces that it frees, and does not overwrite them. So this thread frees all buffers: it can reach what it keeps.
  setFlagsFromString("--no-concurrent-array-buffer-sweeping");
  // Node makes small Buffers in a common one. A single one that lives on would keep the bytes of all others.
  Buffer.poolSize = 0;
  let gc: Gc | undefined;
  const failed = (thrown: unknown) => log.incident("collection", thrown);
  let isDue = false;

  function free(): void {
    gc ??= findGc();
    // This kind also gives up what V8 keeps for speed: compiled patterns with the last text that they met, and caches.
    gc({ type: "major", execution: "sync", flavor: "last-resort" });
  }

  function freeAndClear(): void {
    isDue = false;
    free();
    overwriteReadBuffer(native.socketPair(), (ours) => ours.on("error", failed).resume());
    overwriteReadBuffer(native.socketPair(), (ours) => readAsHttp(ours));
    overwriteSendBuffer(native, SEND_DEPTHS);
    after(FREED_AFTER_MS, () => {
      native.overwriteKept();
      native.trimHeap();
    });
  }

  function after(ms: number, act: () => void): void {
    setTimeout(() => {
      try {
        act();
      } catch (thrown) {
        failed(thrown);
      }
    }, ms).unref();
  }

  return {
    free,
    collect: () => {
      if (isDue) return;
      isDue = true;
      after(COLLECT_AFTER_MS, freeAndClear);
    },
  };
}

/** The function is to be had in a new context alone, and only while this flag is set. */
function findGc(): Gc {
  setFlagsFromString("--expose-gc");
  try {
    return runInNewContext("gc") as Gc;
  } finally {
    setFlagsFromString("--no-expose-gc");
  }
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

/**
 * Node sends a short text from a buffer on the stack (`StreamBase::WriteString`), where it stays until other calls come as deep. So another text is
 * sent from there, from as many depths as a call may have had.
 */
function overwriteSendBuffer(native: Pick<Native, "socketPair">, depths: number): void {
  const [ours, theirs] = native.socketPair();
  const socket = new Socket({ fd: ours });
  try {
    socket.write(blanks);
  } finally {
    socket.destroy();
    closeSync(theirs);
  }
  if (depths > 0) overwriteSendBuffer(native, depths - 1);
}

/** The longest text that is sent from there: 16,384 bytes, for characters of three bytes each. */
const blanks = "\u3000".repeat(5_461);

/** Calls below each other, of some hundred bytes each. */
const SEND_DEPTHS = 40;

const head = Buffer.from("POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 65536\r\n\r\n");
/** A whole request, whose body alone fills a buffer. What is no HTTP reads it as well. */
const zeros = Buffer.concat([head, Buffer.alloc(READ_BYTES)]);

function readAsHttp(ours: Socket): void {
  // It refuses nothing and answers nothing: the other end is closed already.
  createServer((request) => request.resume()).emit("connection", ours);
}
