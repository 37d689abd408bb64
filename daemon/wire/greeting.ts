// The agent's greeting and status for every client. They need so little that they are answered while the rest of the agent is loaded.
import type { ResultOf } from "../../protocol/catalogue.ts";
import { PosternError } from "../../protocol/errors.ts";
import { featureNames } from "../../protocol/features.ts";
import { limits, PROTOCOL } from "../../protocol/limits.ts";
import type { Connection, DoorName } from "../call/connection.ts";
import { VERSION } from "../host/version.ts";

/** The agent's name in its hello. */
const AGENT_NAME = "postern";

type Status = ResultOf<"agent.status">;

/** Answers agent.hello. The peer may send longer lines from now on. Throws protocolMismatch. */
export function greet(
  protocol: number,
  connection: Pick<Connection, "hello">,
  door: DoorName,
  takeNotices?: () => readonly string[],
): ResultOf<"agent.hello"> {
  if (protocol !== PROTOCOL) throw mismatch(protocol);
  connection.hello(door);
  const notices = takeNotices?.() ?? [];
  const told = notices.length === 0 ? {} : { notices: [...notices] };
  return {
    protocol: PROTOCOL,
    agent: { name: AGENT_NAME, version: VERSION },
    limits,
    features: [...featureNames],
    ...told,
  };
}

/** The error with both protocols and the older side. */
function mismatch(spoken: number): PosternError {
  const detail = `the client speaks ${spoken}, the agent (${AGENT_NAME} ${VERSION}) speaks ${PROTOCOL}`;
  const hint =
    spoken < PROTOCOL ? "update the client" : "update Postern on this machine, then run `postern agent restart`";
  return new PosternError("protocolMismatch", detail, { hint });
}

/** The parts of a status. */
export type StatusParts = Omit<Status, "version" | "startedAt" | "state"> & { readonly startedAt: Date };

/** The same for who may not see the whole: which accounts there are, what is restored, and where a trace is written, is told to no stranger. */
export function forStranger({ sessions, unfinishedRestore: _begun, trace: _file, ...more }: StatusParts): StatusParts {
  return {
    ...more,
    sessions: sessions.map(
      ({
        account: _id,
        default: _default,
        idleLock: _lock,
        approvers: _order,
        unavailable: _ways,
        logDays: _days,
        ...session
      }) => session,
    ),
  };
}

/** The answer to agent.status. */
export function statusOf({ startedAt, sessions, ...more }: StatusParts): Status {
  const anyOpen = sessions.some(({ state }) => state === "unlocked");
  return {
    version: VERSION,
    startedAt: startedAt.toISOString(),
    state: sessions.length === 0 ? "signedOut" : anyOpen ? "unlocked" : "locked",
    sessions,
    ...more,
  };
}
