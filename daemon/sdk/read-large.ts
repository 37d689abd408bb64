// Reads a long envelope in a thread of its own, since that takes a second and the agent's other requests take microseconds.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { PosternError } from "../../protocol/errors.ts";
import type { readSdkRequest } from "../../protocol/sdk/request.ts";

type Read = ReturnType<typeof readSdkRequest>;

/** Megabytes of the thread's heap. A line of 72 MiB needs half of it, as a list of numbers. A line made to need more ends the thread only. */
const HEAP_MB_MAX = 1_024;

/** The request of a line, which is handed over to the thread. Throws tooLarge where reading it needs too much memory. */
export function readLarge(line: Uint8Array<ArrayBuffer>): Promise<Read> {
  const worker = new Worker(program(), {
    workerData: line,
    transferList: [line.buffer],
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB_MAX },
    env: {},
  });
  return new Promise<Read>((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", (error: NodeJS.ErrnoException) =>
      reject(
        error.code === "ERR_WORKER_OUT_OF_MEMORY" ? new PosternError("tooLarge", "the request is too complex") : error,
      ),
    );
    worker.once("exit", () => reject(new Error("the thread ended without a request")));
  });
}

/** The thread's program: beside this one in the bundle, or in the sources. */
function program(): string {
  const bundled = fileURLToPath(new URL("./parse-worker.js", import.meta.url));
  return existsSync(bundled) ? bundled : fileURLToPath(new URL("./parse-worker.ts", import.meta.url));
}
