// Runs a part of the agent in a thread of its own: work that takes long, or much memory, which ends with it.
import { existsSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";

/**
 * The one message of a thread. `source` is its program in the sources; in the bundle a file of the same name lies beside the agent. `handedOver` are
 * buffers of `data` that are not copied. Its heap has no limit of its own: a thread that meets one within JSON.parse ends the whole process (seen with
 * Node 26.10).
 */
export function inThread<T>(source: URL, data: unknown, handedOver: readonly ArrayBuffer[] = []): Promise<T> {
  const worker = new Worker(programOf(source), { workerData: data, transferList: [...handedOver], env: {} });
  return new Promise<T>((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
    worker.once("exit", () => reject(new Error("the thread ended without a message")));
  });
}

function programOf(source: URL): string {
  const path = fileURLToPath(source);
  const bundled = fileURLToPath(new URL(`./${basename(path, ".ts")}.js`, import.meta.url));
  return existsSync(bundled) ? bundled : path;
}
