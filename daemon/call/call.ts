// What a handler knows of the request it serves, beside its parameters.
import type { MethodName } from "../../protocol/catalogue.ts";
import type { Access } from "./access.ts";
import type { CallTopic } from "./call-topic.ts";
import type { Connection } from "./connection.ts";

export type Call = {
  readonly method: MethodName;
  /** The connection it came on: its peer, its clients, whether it subscribed. */
  readonly connection: Connection;
  /** The JSON-RPC id, undefined for a notification. */
  readonly requestId: string | number | undefined;
  /** The signal that is aborted by $/cancelRequest, by the connection's end, and by the agent's stop; made when first asked for. */
  readonly signal: () => AbortSignal;
  /** When the request arrived (performance.now), and how long of it a person was waited for; milliseconds. */
  readonly timing: { readonly arrivedMs: number; waitedMs: number };
  /** What it turned out to be about, for the record of a refusal; the gate fills it in. */
  readonly about: CallTopic;
  /** What the gate found and passed; undefined for methods that need no grant. */
  readonly access?: Access;
};

/** The access of a granted method. The gate gives it to every one of them. */
export function accessOf(call: Call): Access {
  if (call.access === undefined) throw new Error(`${call.method} ran without passing the gate`);
  return call.access;
}
