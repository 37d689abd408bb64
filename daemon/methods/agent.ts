// agent.*: who we are and in what state.
import { PosternError } from "../../protocol/errors.ts";
import { limits, PROTOCOL } from "../../protocol/limits.ts";
import type { Broker } from "../broker.ts";
import type { Handlers } from "../dispatch.ts";
import type { Protection } from "../harden.ts";
import { pinWorks } from "../proofs.ts";
import type { Session, Sessions } from "../sessions.ts";
import type { TokenSessions } from "../token-sessions.ts";
import { AGENT_NAME, VERSION } from "../version.ts";

type AgentHandlers = Pick<Handlers, "agent.hello" | "agent.status" | "agent.subscribe" | "agent.stop">;

export type AgentParts = {
  readonly startedAt: Date;
  readonly sessions: Sessions;
  readonly tokens: Pick<TokenSessions, "list">;
  readonly broker: Broker;
  readonly stop: () => void;
  readonly protections: () => Protection[];
};

export function agentMethods({ startedAt, sessions, tokens, broker, stop, protections }: AgentParts): AgentHandlers {
  return {
    "agent.hello": (params, call) => {
      if (params.protocol !== PROTOCOL) throw new PosternError("protocolMismatch", `the agent speaks ${PROTOCOL}`);
      call.connection.hello();
      return { protocol: PROTOCOL, agent: { name: AGENT_NAME, version: VERSION }, limits };
    },
    "agent.status": () => {
      const all = sessions.list();
      const anyOpen = all.some(({ unlocked }) => unlocked !== undefined);
      return {
        version: VERSION,
        startedAt: startedAt.toISOString(),
        state: all.length === 0 ? "signedOut" : anyOpen ? "unlocked" : "locked",
        sessions: all.map(shownSession),
        tokenSessions: tokens.list().length,
        openPrompts: broker.list().length,
        protections: protections(),
      };
    },
    "agent.subscribe": (_params, call) => {
      call.connection.subscribe();
      return {};
    },
    "agent.stop": () => {
      // After the answer is on its way.
      setImmediate(() => setImmediate(stop));
      return {};
    },
  };
}

function shownSession({ file, unlocked }: Session) {
  if (unlocked === undefined) return { account: file.account, state: "locked" as const };
  return {
    account: file.account,
    state: "unlocked" as const,
    unlockedAt: new Date(unlocked.unlockedAt.wallMs).toISOString(),
    proof: pinWorks(unlocked.store.state.pin) ? ("pin" as const) : ("password" as const),
  };
}
