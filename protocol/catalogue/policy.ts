// policy.*: the rules in policy.json, how the file stands to what a person approved, and what the rules say of a program.
import Type from "typebox";
import { entry } from "../entry.ts";
import { named } from "../named.ts";
import { waitErrors, whole } from "./access.ts";
import { IdParam, Password } from "./common.ts";

const closed = { additionalProperties: false } as const;

/**
 * `active`: the file is exactly what was approved. In all other states nothing is allowed without a question. What was approved and denies goes on, but in
 * `unapproved`, where nothing was. `broken`: the file cannot be read, or is no policy. `restored`: the approved rules came back with an older copy of the
 * device store.
 */
export const PolicyState = Type.Enum(
  ["unapproved", "active", "changed", "missing", "broken", "restored"],
  named("PolicyState"),
);

/** In hex, as sha256sum prints it. */
const Sha256 = Type.String({ pattern: "^[0-9a-f]{64}$" });

/** Characters of a reference: more than any that leads somewhere. */
const REFERENCE_LENGTH_MAX = 4096;

/** A largest process id of Linux. */
const PID_MAX = 4_194_304;

/** The file as it lies there, or what was approved. */
const PolicyContent = Type.Object(
  {
    sha256: Sha256,
    /** Its rules, one line each. */
    sentences: Type.Array(Type.String()),
  },
  named("PolicyContent"),
);

const Status = Type.Object(
  {
    /** The place of the file. */
    path: Type.String(),
    /** Absent where there is neither a file nor an approved policy. */
    state: Type.Optional(PolicyState),
    /** What is wrong with the file. */
    fault: Type.Optional(Type.String()),
    file: Type.Optional(PolicyContent),
    /** What was approved. Only who gave a proof is told. */
    approved: Type.Optional(PolicyContent),
    /** The lines that approving the file would take away (`- `) and bring (`+ `). Told with the above. */
    difference: Type.Optional(Type.Array(Type.String())),
  },
  named("PolicyStatus"),
);

/** A process on the way up from the one that would ask. */
const PolicyProcess = Type.Object(
  {
    pid: Type.Integer(),
    program: Type.String(),
    /** Of its executable. Told of the process that rules are compared with. */
    sha256: Type.Optional(Sha256),
    script: Type.Optional(
      Type.Object({
        path: Type.String(),
        sha256: Type.Optional(Sha256),
        /** Whether its interpreter was seen to have it open. Otherwise it is the claim of the process. */
        seen: Type.Boolean(),
      }),
    ),
    terminal: Type.Boolean(),
    /** Whether rules are compared with this one. */
    judged: Type.Boolean(),
  },
  named("PolicyProcess"),
);

const DecidingRule = Type.Object(
  { number: Type.Integer(), effect: Type.Enum(["allow", "ask", "deny"]), text: Type.String() },
  named("DecidingRule"),
);

const Explanation = Type.Object(
  {
    /** What comes of it before anything is looked up. */
    effect: Type.Enum(["allow", "ask", "deny"]),
    /** The rule that decides. Absent where none does, and a person is asked. */
    rule: Type.Optional(DecidingRule),
    /** Rules and minimum strengths about ids. They may decide once the ids are known. */
    later: Type.Array(Type.String()),
    /** Why no rule can allow this program anything. */
    unseen: Type.Optional(Type.String()),
    /** Why rules that allow rest. */
    resting: Type.Optional(Type.String()),
    /** The process, and those above it. */
    processes: Type.Array(PolicyProcess),
  },
  named("PolicyExplanation"),
);

const aSha256 = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae";

export const policy = {
  "policy.get": entry({
    summary:
      "Returns how policy.json stands to what was approved, and its rules as sentences. With a manage grant or a proof also what was approved, and the difference.",
    params: Type.Object(whole, closed),
    result: Status,
    errors: waitErrors,
    need: { kind: "manageOrProof" },
    activity: false,
    since: "0.1.0",
    example: {
      params: {},
      result: {
        path: "/home/ada/.local/share/postern/policy.json",
        state: "unapproved",
        file: { sha256: aSha256, sentences: ["1. deny any program to read and change anything"] },
      },
    },
  }),
  "policy.approve": entry({
    summary:
      "Approves policy.json as it lies there. `sha256` is the hash of what the person was shown. It is left out where there is no file, and then the policy is taken away. Where the file is another one by now, the answer is `conflict`. The account password is the proof.",
    params: Type.Object({ account: Type.Optional(IdParam), password: Password, sha256: Type.Optional(Sha256) }, closed),
    result: Type.Object({ state: Type.Optional(PolicyState) }, named("PolicyApproved")),
    errors: ["signedOut", "locked", "accountNotFound", "proofRefused", "tryLater", "conflict", "fileUnusable"],
    need: { kind: "proof" },
    activity: true,
    since: "0.1.0",
    example: { params: { password: "correct horse battery staple", sha256: aSha256 }, result: { state: "active" } },
  }),
  "policy.test": entry({
    summary:
      "Says what the approved rules would do if a process asked for a reference, and which rule decides. Nothing is looked up, so rules about ids are named as those that may decide later. Needs a manage grant or a proof.",
    params: Type.Object(
      {
        pid: Type.Integer({ minimum: 1, maximum: PID_MAX }),
        reference: Type.String({ minLength: 1, maxLength: REFERENCE_LENGTH_MAX }),
        /** Without it: read. */
        verb: Type.Optional(Type.Union([Type.Literal("read"), Type.Literal("write")])),
        ...whole,
      },
      closed,
    ),
    result: Explanation,
    errors: [...waitErrors, "proofRequired", "invalidReference"],
    need: { kind: "manageOrProof" },
    activity: false,
    since: "0.1.0",
    example: {
      params: {
        pid: 4711,
        reference: "op://Work/DB/password",
        proof: { kind: "password", password: "correct horse battery staple" },
      },
      result: {
        effect: "ask",
        later: [],
        processes: [{ pid: 4711, program: "/usr/bin/node", sha256: aSha256, terminal: true, judged: true }],
      },
    },
  }),
} as const;
