// What the audit log is told of a call: the method, its outcome, who, and ids. Never params.
import type { Happening } from "./audit/log.ts";
import type { Call } from "./call.ts";

/** A happening of this call. `names` are sealed before they are written. */
export function happening(call: Call, outcome: string, ids: readonly string[], names?: readonly string[]): Happening {
  const { subject } = call.connection;
  return {
    event: call.method,
    outcome,
    program: subject.script ?? subject.program,
    pid: call.connection.peer.identity.pid,
    ids,
    ...(names === undefined ? {} : { names }),
  };
}
