// agent.*: the agent itself and its state.
import Type from "typebox";
import { entry } from "../entry.ts";
import { featureNames } from "../features.ts";
import { PROTOCOL, PROTOCOL_MAX } from "../limits.ts";
import { named } from "../named.ts";
import { Approver, Approvers, Empty, Id, IdleLock, Timestamp } from "./common.ts";
import { PolicyState } from "./policy.ts";

const Name = Type.String({ minLength: 1, maxLength: 64 });

/** The form of the wire that a connection speaks after its hello. */
const Door = Type.Enum(["native", "sdk"], named("Door"));

/** A way that cannot ask, and why, in words for a person. */
const Unavailable = Type.Object({ approver: Approver, why: Type.String() }, named("UnavailableApprover"));

const SessionState = Type.Object(
  {
    /** Shown to our own command, and to callers who may see the whole lists. */
    account: Type.Optional(Id),
    /** The account of a method that names none, where there are several. Told with its id. */
    default: Type.Optional(Type.Literal(true)),
    state: Type.Union([Type.Literal("locked"), Type.Literal("unlocked")]),
    unlockedAt: Type.Optional(Timestamp),
    /** The proof that a person gives on this device, once it is unlocked. */
    proof: Type.Optional(Type.Union([Type.Literal("pin"), Type.Literal("password")])),
    /** Told with its id, once it is unlocked. */
    idleLock: Type.Optional(IdleLock),
    /** Told with its id, once it is unlocked. Absent where there is no policy. */
    policy: Type.Optional(PolicyState),
    /** The same. */
    approvers: Type.Optional(Approvers),
    /** The same. */
    logDays: Type.Optional(Type.Integer()),
    /** The same. Those of `approvers` that cannot ask on this machine as it is, each with the reason. Absent where there is none. */
    unavailable: Type.Optional(Type.Array(Unavailable)),
  },
  named("SessionState"),
);

/** The store differs from the one that was read before: an older copy was put back, or it is another store. */
const ReplacedStore = Type.Object(
  {
    how: Type.Union([Type.Literal("olderCopy"), Type.Literal("otherStore")]),
    at: Timestamp,
  },
  named("ReplacedStore"),
);

/** The protections of the agent's memory, and whether they work here. */
const Protection = Type.Object(
  { name: Type.String(), active: Type.Boolean(), why: Type.String(), advice: Type.String() },
  named("Protection"),
);

/** The state of the account service, for one open account or for one token's account. */
const ServiceLink = Type.Object(
  {
    account: Id,
    /** "embedded", or the service's origin. */
    service: Type.String(),
    /** `unreached`: for a while the agent answers values that it read before, marked stale. */
    state: Type.Union([Type.Literal("asking"), Type.Literal("reached"), Type.Literal("unreached")]),
    since: Timestamp,
    /** The service's store is not the one that was read before. */
    replaced: Type.Optional(ReplacedStore),
  },
  named("ServiceLink"),
);

/** The file that `postern agent start --trace FILE` has the agent write: a line for each request. */
const TraceState = Type.Object(
  {
    file: Type.String(),
    /** Full: it has reached its bound. Failed: the disk refused. In both nothing more is written. */
    state: Type.Enum(["writing", "full", "failed"]),
    bytes: Type.Integer(),
  },
  named("TraceState"),
);

/** The agent's introduction to every client that connects. */
const Hello = Type.Object(
  {
    protocol: Type.Integer(),
    agent: Type.Object({ name: Type.String(), version: Type.String() }),
    limits: Type.Record(Type.String(), Type.Integer()),
    /** The names of protocol/features.ts that this agent knows. */
    features: Type.Array(Type.String()),
    notices: Type.Optional(Type.Array(Type.String())),
  },
  named("AgentHello"),
);

/** The state of the agent. Every client may ask for it. */
const Status = Type.Object(
  {
    version: Type.String(),
    /** The path of the agent's program. It names the installation. */
    program: Type.String(),
    /** Whether the caller is a command of that installation. It means nothing for other programs. */
    sameInstallation: Type.Boolean(),
    startedAt: Timestamp,
    state: Type.Union([Type.Literal("signedOut"), Type.Literal("locked"), Type.Literal("unlocked")]),
    sessions: Type.Array(SessionState),
    /** Service accounts whose token a program has presented. */
    tokenSessions: Type.Integer(),
    openPrompts: Type.Integer(),
    links: Type.Array(ServiceLink),
    /** The account of an unfinished restore. Starting the same restore again continues it. */
    unfinishedRestore: Type.Optional(Type.Object({ account: Id, service: Type.String() })),
    /** Only our own command sees it. Absent where nothing is traced. */
    trace: Type.Optional(TraceState),
    /** The agent hears when the screen is locked. Absent where it does not. */
    hearsScreen: Type.Optional(Type.Literal(true)),
    protections: Type.Array(Protection),
  },
  named("AgentStatus"),
);

export const agent = {
  "agent.hello": entry({
    summary:
      "Names the protocol that the client speaks, and returns the agent's version, limits and features. It is optional, and raises the line limit. `door` chooses the form of the wire from here on. `native` is the default. `sdk` is the envelope of the official SDKs, one line for each request and answer; such a hello must be the first line of its connection. Send a parameter that a feature brought only if `features` lists that feature. `notices` is for the command of this installation: the answer then has the messages that wait for a person.",
    params: Type.Object(
      {
        protocol: Type.Integer({ minimum: 0, maximum: PROTOCOL_MAX }),
        client: Type.Object({ name: Name, version: Name }, { additionalProperties: false }),
        door: Type.Optional(Door),
        notices: Type.Optional(Type.Literal(true)),
      },
      { additionalProperties: false },
    ),
    result: Hello,
    errors: ["protocolMismatch"],
    need: { kind: "none" },
    activity: false,
    since: "0.1.0",
    example: {
      params: { protocol: PROTOCOL, client: { name: "my-script", version: "1.0.0" } },
      result: {
        protocol: PROTOCOL,
        agent: { name: "postern", version: "0.1.0" },
        limits: { lineBytes: 4194304 },
        features: featureNames,
      },
    },
  }),
  "agent.status": entry({
    summary:
      "Returns the agent's version and, for each account, whether it is locked. The command of this installation also sees ids, services, an unfinished restore and the file of a trace. A holder of a manage grant of an account sees those of that account. Names are never shown.",
    params: Empty,
    result: Status,
    errors: [],
    need: { kind: "none" },
    activity: false,
    since: "0.1.0",
    example: {
      params: {},
      result: {
        version: "0.1.0",
        program: "/usr/lib/node_modules/postern/agent.js",
        sameInstallation: true,
        startedAt: "2026-11-24T09:00:00.000Z",
        state: "signedOut",
        sessions: [],
        tokenSessions: 0,
        openPrompts: 0,
        links: [],
        protections: [
          {
            name: "closedMemory",
            active: true,
            why: "other programs of yours cannot read the agent's memory or attach a debugger",
            advice: "restart the agent",
          },
        ],
      },
    },
  }),
  "agent.subscribe": entry({
    summary:
      "Sends this connection its own events from now on: prompt.opened and prompt.closed for its own requests, prompt.usedTwice where the way into the app that was made for its question was used twice, unlock.awaited for those that wait for an unlock, session.changed, item.changed for items that one of its grants covers, and secret.changed and secret.ended for its watches.",
    params: Empty,
    result: Empty,
    errors: [],
    need: { kind: "none" },
    activity: false,
    since: "0.1.0",
    example: { params: {}, result: {} },
  }),
  "agent.stop": entry({
    summary:
      "Locks every account, closes in order and exits. Any process of the same user may do this, since it only narrows access.",
    params: Empty,
    result: Empty,
    errors: [],
    need: { kind: "none" },
    activity: false,
    since: "0.1.0",
    example: { params: {}, result: {} },
  }),
} as const;
