// A thread that reads one long envelope and ends. Its memory ends with it: of a line of 72 MiB it makes several copies.
import { parentPort, workerData } from "node:worker_threads";
import { readSdkRequest } from "../../protocol/sdk/request.ts";

const request = readSdkRequest(workerData as Uint8Array);
const contents = "contents" in request ? request.contents : [];
// Handed over, not copied.
parentPort?.postMessage(
  request,
  contents.map(({ buffer }) => buffer),
);
