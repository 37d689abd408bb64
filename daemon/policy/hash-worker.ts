// A thread that hashes one open file and ends. An executable may have two hundred megabytes.
import { createHash } from "node:crypto";
import { readSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";

const { descriptor, size } = workerData as { readonly descriptor: number; readonly size: number };

/** Bytes of one read. */
const CHUNK_BYTES = 1024 * 1024;

const hash = createHash("sha256");
const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
let at = 0;
for (;;) {
  const read = readSync(descriptor, chunk, 0, CHUNK_BYTES, at);
  if (read === 0) break;
  hash.update(chunk.subarray(0, read));
  at += read;
  // It grew meanwhile. Whoever asked compares the file before and after.
  if (at > size) break;
}
parentPort?.postMessage(hash.digest("hex"));
