// Reads a long envelope in a thread of its own, since that takes a second and the agent's other requests take microseconds.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import type { readSdkRequest } from "../../protocol/sdk/request.ts";

type Read = ReturnType<typeof readSdkRequest>;

/**
 * The request of a line, which is handed over to the thread. Its heap has no limit of its own: a thread that meets one within JSON.parse ends
 * the whole process (seen with Node 26.10). `protocol/sdk/request.ts` bounds what the parser makes of a line.
 */
export function readLarge(line: Uint8Array<ArrayBuffer>): Promise<Read> {
  const worker = new Worker(program(), {
    workerData: line,
    transferList: [line.buffer],
    env: {},
  });
  return new Promise<Read>((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
    worker.once("exit", () => reject(new Error("the thread ended without a request")));
  });
}

/** The thread's program: beside this one in the bundle, or in the sources. */
function program(): string {
  const bundled = fileURLToPath(new URL("./parse-worker.js", import.meta.url));
  return existsSync(bundled) ? bundled : fileURLToPath(new URL("./parse-worker.ts", import.meta.url));
}
