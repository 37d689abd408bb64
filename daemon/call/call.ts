// A request, as its handler sees it beside the parameters.
import type { MethodName } from "../../protocol/catalogue.ts";
import type { Access } from "./access.ts";
import type { CallTopic } from "./call-topic.ts";
import type { Connection } from "./connection.ts";

export type Call = {
  readonly method: MethodName;
  /** Its connection: the peer, the clients, the subscription. */
  readonly connection: Connection;
  /** The JSON-RPC id. Undefined for a notification. */
  readonly requestId: string | number | undefined;
  /** Aborted by $/cancelRequest, by the connection's end, and by the agent's stop. It is made at its first use. */
  readonly signal: () => AbortSignal;
  /** The arrival of the request (performance.now), and the time that it waited for a person, in milliseconds. */
  readonly timing: { readonly arrivedMs: number; waitedMs: number };
  /** Its topic, for the record of a refusal. The gate fills it in. */
  readonly about: CallTopic;
  /** The bytes of files that came beside the parameters, by the file's object in them. Its `content` is empty there. */
  readonly contents?: ReadonlyMap<object, Uint8Array>;
  /** The gate's result. Undefined for methods that need no grant. */
  readonly access?: Access;
};

/** The access of a granted method. The gate sets it for each of them. */
export function accessOf(call: Call): Access {
  if (call.access === undefined) throw new Error(`${call.method} ran without passing the gate`);
  return call.access;
}
