// agent.*: the agent itself and its state.
import type { Opened } from "../account/opened.ts";
import type { Broker } from "../approval/broker.ts";
import type { Connection } from "../call/connection.ts";
import type { Protection } from "../host/protection.ts";
import type { TraceState } from "../host/trace-file.ts";
import type { PolicyState } from "../policy/policies.ts";
import { approversOf } from "../session/approver-order.ts";
import type { Approver } from "../session/device-store.ts";
import { idleLockOf } from "../session/idle.ts";
import { logDaysOf } from "../session/log-days.ts";
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
  /** Whether a connection may see the whole lists of this account: by a manage grant, or as an approver. */
  readonly mayManage: (connection: Connection, account: string) => boolean;
  /** How the file of the policy stands to what was approved. */
  readonly policyOf: (session: UnlockedSession) => PolicyState;
  /** Why an approver cannot ask on this machine, for a person. Undefined where it can. */
  readonly whyUnavailable: (approver: Approver) => string | undefined;
  /** Whether a token of the connection has opened this. */
  readonly bears: (connection: Connection, unlocked: Opened) => boolean;
  readonly stop: () => void;
  readonly trace: () => TraceState | undefined;
  readonly hearsScreen: () => boolean;
  readonly protections: () => Protection[];
};

export function agentMethods(parts: AgentParts): AgentHandlers {
  const { startedAt, program, sessions, proofs, tokens, broker, followers, stop, protections, mayManage, bears } =
    parts;
  return {
    "agent.hello": ({ protocol, door, notices }, call) =>
      // Only our own command shows notices to a person.
      greet(
        protocol,
        call.connection,
        door ?? "native",
        notices === true && call.connection.subject.throughCommand ? followers.takeNotices : undefined,
      ),
    "agent.status": (_params, call) => {
      const { connection } = call;
      const ours = connection.subject.throughCommand;
      const sees = (account: string) => ours || mayManage(connection, account);
      const byDefault = sessions.default()?.file.account;
      const unfinishedRestore = sessions.restoreMark.read();
      return statusOf({
        startedAt,
        program,
        sameInstallation: ours,
        sessions: sessions.list().map((session) => ({
          ...(sees(session.file.account) ? namedSession(session, sessions) : {}),
          ...shownSession(session, proofs),
          ...(sees(session.file.account) ? openedParts(session, parts) : {}),
        })),
        tokenSessions: tokens.list().length,
        openPrompts: broker.list().length,
        links: followers.links((unlocked) => sees(unlocked.account.id) || bears(connection, unlocked)),
        ...(unfinishedRestore === undefined || !sees(byDefault ?? "") ? {} : { unfinishedRestore }),
        ...(ours ? tracing(parts.trace()) : {}),
        ...(parts.hearsScreen() ? { hearsScreen: true as const } : {}),
        protections: protections(),
      });
    },
    "agent.subscribe": (_params, call) => {
      call.connection.subscribe();
      return {};
    },
    "agent.stop": () => {
      // Stops after the answer is on its way.
      setImmediate(() => setImmediate(stop));
      return {};
    },
  };
}

/** The part of the status about a trace, where one is written. */
const tracing = (trace: TraceState | undefined) => (trace === undefined ? {} : { trace });

/** The identity of an account, for a caller who may know it. With a single account, `default` is left out. */
function namedSession({ file }: Session, sessions: Sessions) {
  const isDefault = sessions.list().length > 1 && sessions.default()?.file.account === file.account;
  return { account: file.account, ...(isDefault ? { default: true as const } : {}) };
}

/** The settings and the policy of an unlocked account. They lie in the sealed store. */
function openedParts(session: Session, { policyOf, whyUnavailable }: AgentParts) {
  const { unlocked } = session;
  if (unlocked === undefined) return {};
  const { state } = unlocked.store;
  const policy = policyOf(session as UnlockedSession);
  const approvers = [...approversOf(state)];
  const unavailable = approvers.flatMap((approver) => {
    const why = whyUnavailable(approver);
    return why === undefined ? [] : [{ approver, why }];
  });
  return {
    ...{ idleLock: idleLockOf(state), approvers, logDays: logDaysOf(state) },
    ...(unavailable.length === 0 ? {} : { unavailable }),
    ...(policy === "none" ? {} : { policy }),
  };
}

function shownSession(session: Session, proofs: AgentParts["proofs"]) {
  const { unlocked } = session;
  if (unlocked === undefined) return { state: "locked" as const };
  return {
    state: "unlocked" as const,
    unlockedAt: new Date(unlocked.unlockedAt.wallMs).toISOString(),
    proof: proofs.offered(session as UnlockedSession),
  };
}
