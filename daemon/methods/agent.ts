// agent.*: who we are and in what state.
import type { Opened } from "../account/opened.ts";
import type { Broker } from "../approval/broker.ts";
import type { Connection } from "../call/connection.ts";
import type { Protection } from "../host/protection.ts";
import type { TraceState } from "../host/trace-file.ts";
import type { Proofs } from "../session/proof.ts";
import type { Session, UnlockedSession } from "../session/session.ts";
import type { Sessions } from "../session/sessions.ts";
import type { TokenSessions } from "../session/token-sessions.ts";
import type { Handlers } from "../wire/dispatch.ts";
import type { Followers } from "../wire/followers.ts";
import { forStranger, greet, statusOf } from "../wire/greeting.ts";

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
  /** Whether a connection may see the whole lists of an account: by a manage grant, or as an approver. */
  readonly mayManage: (connection: Connection) => boolean;
  /** Whether a token of the connection has opened this. */
  readonly bears: (connection: Connection, unlocked: Opened) => boolean;
  readonly stop: () => void;
  readonly trace: () => TraceState | undefined;
  readonly protections: () => Protection[];
};

export function agentMethods(parts: AgentParts): AgentHandlers {
  const { startedAt, program, sessions, proofs, tokens, broker, followers, stop, protections, mayManage, bears } =
    parts;
  return {
    "agent.hello": ({ protocol, notices }, call) =>
      // Only our own command is known to show them to somebody.
      greet(
        protocol,
        call.connection,
        notices === true && call.connection.subject.throughCommand ? followers.takeNotices : undefined,
      ),
    "agent.status": (_params, call) => {
      const unfinishedRestore = sessions.restoreMark.read();
      const { connection } = call;
      const whole = connection.subject.throughCommand || mayManage(connection);
      const status = {
        startedAt,
        program,
        sameInstallation: connection.subject.throughCommand,
        sessions: sessions.list().map((session) => shownSession(session, proofs)),
        tokenSessions: tokens.list().length,
        openPrompts: broker.list().length,
        links: followers.links(whole ? undefined : (unlocked) => bears(connection, unlocked)),
        ...(unfinishedRestore === undefined ? {} : { unfinishedRestore }),
        ...tracing(parts.trace()),
        protections: protections(),
      };
      return statusOf(whole ? status : forStranger(status));
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

/** What the status says of a trace, where one is written. */
const tracing = (trace: TraceState | undefined) => (trace === undefined ? {} : { trace });

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
