// Reads a long envelope in a thread of its own, since that takes a second and the agent's other requests take microseconds.
import type { readSdkRequest } from "../../protocol/sdk/request.ts";
import { inThread } from "../host/thread.ts";

type Read = ReturnType<typeof readSdkRequest>;

/** The request of a line, which is handed over to the thread. `protocol/sdk/request.ts` bounds what the parser makes of a line. */
export function readLarge(line: Uint8Array<ArrayBuffer>): Promise<Read> {
  return inThread<Read>(new URL("./parse-worker.ts", import.meta.url), line, [line.buffer]);
}
