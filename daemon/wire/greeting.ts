// What the agent says of itself to anybody. It takes so little that it is said while the rest of the agent is loaded.
import type { ResultOf } from "../../protocol/catalogue.ts";
import { PosternError } from "../../protocol/errors.ts";
import { featureNames } from "../../protocol/features.ts";
import { limits, PROTOCOL } from "../../protocol/limits.ts";
import type { Connection } from "../call/connection.ts";
import { VERSION } from "../host/version.ts";

/** What the agent is called in its hello. */
const AGENT_NAME = "postern";

type Status = ResultOf<"agent.status">;

/** Answers agent.hello; the peer may send longer lines from now on. Throws protocolMismatch. */
export function greet(
  protocol: number,
  connection: Pick<Connection, "hello">,
  takeNotices?: () => readonly string[],
): ResultOf<"agent.hello"> {
  if (protocol !== PROTOCOL) throw mismatch(protocol);
  connection.hello();
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

/** Names both protocols, and which side is the older one. */
function mismatch(spoken: number): PosternError {
  const detail = `the client speaks ${spoken}, the agent (${AGENT_NAME} ${VERSION}) speaks ${PROTOCOL}`;
  const hint =
    spoken < PROTOCOL ? "update the client" : "update Postern on this machine, then run `postern agent restart`";
  return new PosternError("protocolMismatch", detail, { hint });
}

/** What a status is made of. */
export type StatusParts = Omit<Status, "version" | "startedAt" | "state"> & { readonly startedAt: Date };

/** The same for who may not see the whole: which accounts there are, and what is restored, is told to no stranger. */
export function forStranger({ sessions, unfinishedRestore: _begun, ...more }: StatusParts): StatusParts {
  return { ...more, sessions: sessions.map(({ account: _account, default: _default, ...session }) => session) };
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
