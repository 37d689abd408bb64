// What the agent says of itself to anybody. It takes so little that it is said while the rest of the agent is loaded.
import type { ResultOf } from "../../protocol/catalogue.ts";
import { PosternError } from "../../protocol/errors.ts";
import { limits, PROTOCOL } from "../../protocol/limits.ts";
import type { Connection } from "../call/connection.ts";
import { AGENT_NAME, VERSION } from "../host/version.ts";

type Status = ResultOf<"agent.status">;

/** Answers agent.hello; the peer may send longer lines from now on. Throws protocolMismatch. */
export function greet(
  protocol: number,
  connection: Pick<Connection, "hello">,
  takeNotices?: () => readonly string[],
): ResultOf<"agent.hello"> {
  if (protocol !== PROTOCOL) throw new PosternError("protocolMismatch", `the agent speaks ${PROTOCOL}`);
  connection.hello();
  const notices = takeNotices?.() ?? [];
  const told = notices.length === 0 ? {} : { notices: [...notices] };
  return { protocol: PROTOCOL, agent: { name: AGENT_NAME, version: VERSION }, limits, ...told };
}

/** What a status is made of. */
export type StatusParts = Omit<Status, "version" | "startedAt" | "state"> & { readonly startedAt: Date };

/** The same for who may not see the whole: which accounts there are, and what is restored, is told to no stranger. */
export function forStranger({ sessions, unfinishedRestore: _begun, ...more }: StatusParts): StatusParts {
  return { ...more, sessions: sessions.map(({ account: _account, ...session }) => session) };
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
