// agent.*: who we are and in what state.
import type { Broker } from "../approval/broker.ts";
import type { Protection } from "../harden.ts";
import { pinWorks } from "../session/proofs.ts";
import type { Session, Sessions } from "../session/sessions.ts";
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
  readonly tokens: Pick<TokenSessions, "list">;
  readonly broker: Broker;
  readonly followers: Pick<Followers, "links" | "takeNotices">;
  readonly stop: () => void;
  readonly protections: () => Protection[];
};

export function agentMethods(parts: AgentParts): AgentHandlers {
  const { startedAt, program, sessions, tokens, broker, followers, stop, protections } = parts;
  return {
    "agent.hello": ({ protocol, notices }, call) =>
      greet(protocol, call.connection, notices === true ? followers.takeNotices() : undefined),
    "agent.status": (_params, call) => {
      const unfinishedRestore = sessions.restoreMark.read();
      return statusOf({
        startedAt,
        program,
        sameInstallation: call.connection.subject.throughCommand,
        sessions: sessions.list().map(shownSession),
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

function shownSession({ file, unlocked }: Session) {
  if (unlocked === undefined) return { account: file.account, state: "locked" as const };
  return {
    account: file.account,
    state: "unlocked" as const,
    unlockedAt: new Date(unlocked.unlockedAt.wallMs).toISOString(),
    proof: pinWorks(unlocked.store.state.pin) ? ("pin" as const) : ("password" as const),
  };
}
