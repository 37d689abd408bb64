// The client in a worker thread, by import and by require, beside the same client in the main thread.
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";

const paths = ["./resolve-by-import.mjs", "./resolve-by-require.cjs"];
const workers = paths.map((path) => new Worker(fileURLToPath(new URL(path, import.meta.url))));
const ended = workers.map((worker) => once(worker, "exit"));
await import("./resolve-by-import.mjs");
console.log((await Promise.all(ended)).flat().join(" "));
