// What a handler knows of the request it serves, beside its parameters.
import type { MethodName } from "../protocol/catalogue.ts";
import type { Connection } from "./connection.ts";

export type Call = {
  readonly method: MethodName;
  /** The connection it came on: its peer, its clients, whether it subscribed. */
  readonly connection: Connection;
  /** The JSON-RPC id, undefined for a notification. */
  readonly requestId: string | number | undefined;
  /** Aborted by $/cancelRequest, by the connection's end, and by the agent's stop. */
  readonly signal: AbortSignal;
};
