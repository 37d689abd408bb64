// agent.*: who we are and in what state.
import type { Broker } from "../approval/broker.ts";
import type { Protection } from "../host/protection.ts";
import type { Proofs } from "../session/proof.ts";
import type { Session, UnlockedSession } from "../session/session.ts";
import type { Sessions } from "../session/sessions.ts";
import type { TokenSessions } from "../session/token-sessions.ts";
import type { Handlers } from "../wire/dispatch.ts";
import type { Followers } from "../wire/followers.ts";
import { greet, statusOf } from "../wire/greeting.ts";

type AgentHandlers = Pick<Handlers, "agent.hello" | "agent.status" | "agent.subscribe" | "agent.stop">;

export type AgentParts = {
  readonly startedAt: Date;
  /** The path of the agent's program. */
  readonly program: string;
  readonly sessions: Sessions;
  readonly proofs: Pick<Proofs, "offered">;
  readonly tokens: Pick<TokenSessions, "list">;
  readonly broker: Broker;
  readonly followers: Pick<Followers, "links" | "takeNotices">;
  readonly stop: () => void;
  readonly protections: () => Protection[];
};

export function agentMethods(parts: AgentParts): AgentHandlers {
  const { startedAt, program, sessions, proofs, tokens, broker, followers, stop, protections } = parts;
  return {
    "agent.hello": ({ protocol, notices }, call) =>
      greet(protocol, call.connection, notices === true ? followers.takeNotices() : undefined),
    "agent.status": (_params, call) => {
      const unfinishedRestore = sessions.restoreMark.read();
      return statusOf({
        startedAt,
        program,
        sameInstallation: call.connection.subject.throughCommand,
        sessions: sessions.list().map((session) => shownSession(session, proofs)),
        tokenSessions: tokens.list().length,
        openPrompts: broker.list().length,
        links: followers.links(),
        ...(unfinishedRestore === undefined ? {} : { unfinishedRestore }),
        protections: protections(),
      });
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

function shownSession(session: Session, proofs: AgentParts["proofs"]) {
  const { file, unlocked } = session;
  if (unlocked === undefined) return { account: file.account, state: "locked" as const };
  return {
    account: file.account,
    state: "unlocked" as const,
    unlockedAt: new Date(unlocked.unlockedAt.wallMs).toISOString(),
    proof: proofs.offered(session as UnlockedSession),
  };
}
