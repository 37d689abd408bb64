// clients.*, grants.*, prompts.*, audit.*: who may do what, who asks, who decided.
import Type from "typebox";
import { OFFICIAL_FORM_LENGTH_MAX } from "../access/official-form.ts";
import { entry } from "../entry.ts";
import { named } from "../named.ts";
import { Code, Empty, Id, IdParam, Proof, Timestamp } from "./common.ts";

const closed = { additionalProperties: false } as const;
const Name = Type.String({ minLength: 1, maxLength: 64 });
const Verb = Type.Union([Type.Literal("read"), Type.Literal("write"), Type.Literal("manage")], named("Verb"));

/** The program that asked, as a person can recognise it. */
const Subject = Type.Object(
  {
    kind: Type.Union([
      Type.Literal("process"),
      Type.Literal("terminal"),
      Type.Literal("application"),
      Type.Literal("app"),
      Type.Literal("once"),
    ]),
    program: Type.String(),
    /** 0 for an application and for a page of the app: no one process holds it. */
    pid: Type.Integer(),
    terminal: Type.Optional(Type.String()),
  },
  named("Subject"),
);

/** The width and length of a yes. A choice makes another text, and another hash. */
export const Choice = Type.Object(
  {
    /** The item, the vault or the account of what was asked for. Without it: only what was asked for. */
    width: Type.Optional(Type.Union([Type.Literal("item"), Type.Literal("vault"), Type.Literal("account")])),
    /** Reading and changing, where the question is about reading. */
    verb: Type.Optional(Type.Literal("write")),
    /** This one request; ten minutes; until the account locks; a working day of eight hours. Not beside `idleMinutes`. */
    lasts: Type.Optional(
      Type.Union([
        Type.Literal("once"),
        Type.Literal("tenMinutes"),
        Type.Literal("untilLock"),
        Type.Literal("workingDay"),
      ]),
    ),
    /** Minutes without use after which the grant ends. Without it and `lasts`: 10. */
    idleMinutes: Type.Optional(Type.Integer({ minimum: 1, maximum: 720 })),
    /**
     * Every later start of this program: the same executable, script, arguments and folder, in the same terminal session or systemd unit. For 24
     * hours, or until `session.lock`. Only for reading what references name. Beside nothing else.
     */
    holder: Type.Optional(Type.Literal("application")),
  },
  { ...closed, ...named("Choice") },
);

/** Who asks, part by part. Nothing in it was looked up in an account. */
const PromptAsker = Type.Object(
  {
    program: Type.String(),
    script: Type.Optional(Type.String()),
    /** Whether the program was seen to have the script open. Otherwise the script is its own claim. */
    isScriptSeen: Type.Optional(Type.Literal(true)),
    /** What a program that runs no file says that it runs. */
    claim: Type.Optional(Type.String()),
    /** 0 for a page of the app. */
    pid: Type.Integer(),
    terminal: Type.Optional(Type.String()),
    folder: Type.Optional(Type.String()),
    /** The programs above it, the nearest first. */
    startedBy: Type.Array(Type.String()),
    /** The words of an integration about itself. */
    integration: Type.Optional(Type.Object({ name: Type.String(), version: Type.String() })),
  },
  named("PromptAsker"),
);

const Prompt = Type.Object(
  {
    prompt: Id,
    code: Code,
    /** The hash of the question, given with its text. A yes repeats it. */
    hash: Type.Optional(Type.String()),
    openedAt: Type.Optional(Timestamp),
    expiresAt: Timestamp,
    waiters: Type.Integer(),
    /**
     * The question in the caller's own words: nothing in it was looked up. Present where the caller is the postern command, waits for this
     * prompt in the foreground of its terminal, and no older question is asked there. It may then ask the person for the proof. Present too where the
     * caller is a page of the app that asked, or that was opened for this prompt.
     */
    asked: Type.Optional(Type.Array(Type.String())),
    /** Who asks. Present beside `asked` and `text`. */
    who: Type.Optional(PromptAsker),
    /** The caller is the page of the app that asks. */
    own: Type.Optional(Type.Literal(true)),
    /** A choice that is offered beside the question: the last one for this program, or the vault from the third question of a burst on. */
    offered: Type.Optional(Choice),
    /** The frozen text, line by line. Present once a manage grant or a proof allows it. */
    text: Type.Optional(Type.Array(Type.String())),
  },
  named("Prompt"),
);

const Grant = Type.Object(
  {
    grant: Id,
    subject: Subject,
    verb: Verb,
    level: Type.Union([Type.Literal("names"), Type.Literal("values")]),
    /** The one act on the whole account that it allows, beside reading names. */
    act: Type.Optional(Type.String()),
    vault: Type.Optional(Type.String()),
    item: Type.Optional(Type.String()),
    field: Type.Optional(Type.String()),
    createdAt: Timestamp,
    lastUsedAt: Timestamp,
    expiresAt: Timestamp,
  },
  named("Grant"),
);

const AuditRecord = Type.Object(
  {
    seq: Type.Integer(),
    at: Timestamp,
    event: Type.String(),
    outcome: Type.String(),
    count: Type.Integer(),
    program: Type.Optional(Type.String()),
    pid: Type.Optional(Type.Integer()),
    ids: Type.Optional(Type.Array(Type.String())),
    /** The present names of the ids. The id itself where the thing is gone. */
    titles: Type.Optional(Type.Array(Type.String())),
    names: Type.Optional(Type.Array(Type.String())),
    /** The service account whose token the program used, and its present name. */
    serviceAccount: Type.Optional(Type.Object({ id: Id, token: Id, title: Type.Optional(Type.String()) })),
    /** The time at which the log took the record in. A token acted while the account was signed out here. */
    takenInAt: Type.Optional(Timestamp),
    /** The number of further things that it was about and does not name. */
    unnamed: Type.Optional(Type.Integer()),
  },
  named("AuditRecord"),
);

const OpenClient = Type.Object(
  {
    client: Type.String(),
    program: Type.String(),
    pid: Type.Integer(),
    integrationName: Name,
    integrationVersion: Name,
  },
  named("OpenClient"),
);

/** A stretch of the log whose chain holds, by the numbers of its first and last record. */
const ProvenRecords = Type.Object(
  { from: Type.Integer(), to: Type.Integer(), until: Timestamp },
  named("ProvenRecords"),
);

/** Parameters of every list of the whole: a proof, or `ask`, which asks a person for the right to manage. */
export const whole = {
  proof: Type.Optional(Proof),
  account: Type.Optional(IdParam),
  ask: Type.Optional(Type.Boolean()),
};

/** Records of a page where nobody says how many: a screen or two. */
export const AUDIT_PAGE_DEFAULT = 50;

/** Records on one page: some hundred kilobytes, and more than a person reads. */
export const AUDIT_PAGE_MAX = 1_000;

/** Characters of the question: as many as a reference has. */
const AUDIT_ITEM_LENGTH_MAX = 2048;

export const waitErrors = [
  "signedOut",
  "locked",
  "approvalDenied",
  "approvalTimedOut",
  "promptQuota",
  "coolingDown",
  "proofRefused",
  "tryLater",
  "auditUnwritable",
] as const;

export const access = {
  "clients.open": entry({
    summary:
      "Opens a client on this connection. It names the account to work on (by id or name; by default the default account), and the integration. The answer does not show whether the account exists: a person is asked either way, and a denial reads the same. With the token of a service account the client works as that service account, and nobody is asked. A token has an account of its own, so `account` beside it means nothing. With `waitForUnlock`, a call on a locked account waits up to two minutes until a person unlocks the account, and the connection is sent `unlock.awaited` with the id of the request. The call fails with `locked` after that time. It fails at once with `noWait`, and once where the account was open before. Nobody is asked for a password. A token never waits.",
    params: Type.Object(
      {
        account: Type.Optional(IdParam),
        token: Type.Optional(Type.String({ minLength: 1, maxLength: OFFICIAL_FORM_LENGTH_MAX })),
        integrationName: Name,
        integrationVersion: Name,
        waitForUnlock: Type.Optional(Type.Literal(true)),
      },
      closed,
    ),
    result: Type.Object({ client: Type.String() }),
    errors: ["signedOut", "tokenInvalid", "offline"],
    need: { kind: "none" },
    activity: false,
    since: "0.1.0",
    example: { params: { integrationName: "my-script", integrationVersion: "1.0.0" }, result: { client: "1" } },
  }),
  "clients.close": entry({
    summary: "Closes a client of this connection.",
    params: Type.Object({ client: Type.String({ minLength: 1, maxLength: 64 }) }, closed),
    result: Empty,
    errors: ["clientNotFound"],
    need: { kind: "none" },
    activity: false,
    since: "0.1.0",
    example: { params: { client: "1" }, result: {} },
  }),
  "clients.list": entry({
    summary:
      "Returns every client that is open on the agent. Without a manage grant or a proof, returns those of this connection.",
    params: Type.Object(whole, closed),
    result: Type.Object({
      clients: Type.Array(OpenClient),
    }),
    errors: waitErrors,
    need: { kind: "manageOrProof" },
    activity: false,
    since: "0.1.0",
    example: {
      params: {},
      result: {
        clients: [
          {
            client: "1",
            program: "/usr/bin/node",
            pid: 4711,
            integrationName: "my-script",
            integrationVersion: "1.0.0",
          },
        ],
      },
    },
  }),
  "grants.list": entry({
    summary:
      "Returns every grant, with the names that it covers. Without a manage grant or a proof, returns the caller's own.",
    params: Type.Object(whole, closed),
    result: Type.Object({ grants: Type.Array(Grant) }),
    errors: waitErrors,
    need: { kind: "manageOrProof" },
    activity: false,
    since: "0.1.0",
    example: {
      params: {},
      result: {
        grants: [
          {
            grant: "defghijklmnopqrstuvwxyz234",
            subject: { kind: "process", program: "/usr/bin/node", pid: 4711 },
            verb: "read",
            level: "values",
            vault: "Demo",
            item: "DATABASE_URL",
            field: "password",
            createdAt: "2026-11-24T09:00:00.000Z",
            lastUsedAt: "2026-11-24T09:00:00.000Z",
            expiresAt: "2026-11-24T09:10:00.000Z",
          },
        ],
      },
    },
  }),
  "grants.revoke": entry({
    summary:
      "Revokes one grant, or all. For the caller's own grants nothing more is needed. Grants of others need a manage grant or a proof.",
    params: Type.Object({ grant: Type.Optional(IdParam), all: Type.Optional(Type.Literal(true)), ...whole }, closed),
    result: Type.Object({ revoked: Type.Integer() }),
    errors: [...waitErrors, "grantNotFound"],
    need: { kind: "manageOrProof" },
    activity: false,
    since: "0.1.0",
    example: { params: { grant: "defghijklmnopqrstuvwxyz234" }, result: { revoked: 1 } },
  }),
  "prompts.attach": entry({
    summary:
      "Makes this connection an approver. It is sent prompt.opened with the text of every prompt. An approver may only show prompts. Only a proof decides.",
    params: Type.Object(whole, closed),
    result: Empty,
    errors: waitErrors,
    need: { kind: "manageOrProof" },
    activity: false,
    since: "0.1.0",
    example: { params: { proof: { kind: "password", password: "correct horse battery staple" } }, result: {} },
  }),
  "prompts.list": entry({
    summary:
      "Returns every open prompt with its text. Without a manage grant or a proof, returns the prompts that the caller itself waits for, without text and hash; the postern command in the foreground of its terminal gets its own words of the oldest one (`asked`). `code` picks one. With `choice` the text and hash of a single prompt are those of that width and length. With a proof, `only` picks the one that is open, and fails with `promptNotFound` where several are.",
    params: Type.Object(
      {
        code: Type.Optional(Type.String({ maxLength: 16 })),
        only: Type.Optional(Type.Literal(true)),
        choice: Type.Optional(Choice),
        ...whole,
      },
      closed,
    ),
    result: Type.Object({ prompts: Type.Array(Prompt) }),
    errors: [...waitErrors, "promptNotFound", "pinDisabled"],
    need: { kind: "manageOrProof" },
    activity: false,
    since: "0.1.0",
    example: {
      params: { code: "KX-42", proof: { kind: "pin", pin: "493817" } },
      result: {
        prompts: [
          {
            prompt: "efghijklmnopqrstuvwxyz2345",
            code: "KX-42",
            hash: "q8Zr…",
            expiresAt: "2026-11-24T09:02:00.000Z",
            waiters: 1,
            text: ["node (pid 4711) wants to read", "  op://Demo/DATABASE_URL/password"],
          },
        ],
      },
    },
  }),
  "prompts.answer": entry({
    summary:
      "Answers a prompt. Name the prompt by its id (`prompt`) or by its match code (`code`), and not by both. `no` by the id needs nothing more, nor by the code from the terminal that asked. By the code from elsewhere it needs a proof. `yes` needs the hash of the shown text, and a proof. A proof that listed this prompt on this connection within the last minute also serves, once. The yes holds for the process or terminal that asked, as wide and as long as the text says. With `choice` the hash is that of the text with this choice. A yes that the policy does not take is answered `approvalDenied`, and is a no to the program.",
    params: Type.Object(
      {
        code: Type.Optional(Type.String({ maxLength: 16 })),
        prompt: Type.Optional(IdParam),
        answer: Type.Union([Type.Literal("yes"), Type.Literal("no")]),
        hash: Type.Optional(Type.String({ maxLength: 64 })),
        proof: Type.Optional(Proof),
        choice: Type.Optional(Choice),
      },
      closed,
    ),
    result: Empty,
    errors: [
      "promptNotFound",
      "proofRequired",
      "proofRefused",
      "pinDisabled",
      "tryLater",
      "conflict",
      "approvalDenied",
    ],
    need: { kind: "none" },
    activity: true,
    since: "0.1.0",
    example: {
      params: {
        prompt: "efghijklmnopqrstuvwxyz2345",
        answer: "yes",
        hash: "q8Zr…",
        proof: { kind: "pin", pin: "493817" },
      },
      result: {},
    },
  }),
  "audit.list": entry({
    summary:
      "Returns the newest records of the audit log, newest last. Without a manage grant or a proof, returns the caller's own, numbered from 1 in each answer. With `item` (op://vault/item[/field], VAULT/ITEM, ENVIRONMENT/VARIABLE, or an id), `since`, `until` or `after` (the number of a record), it returns the oldest matching records. If more follow, `next` is the number to continue after.",
    params: Type.Object(
      {
        limit: Type.Optional(Type.Integer({ minimum: 1, maximum: AUDIT_PAGE_MAX })),
        after: Type.Optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })),
        item: Type.Optional(Type.String({ minLength: 1, maxLength: AUDIT_ITEM_LENGTH_MAX })),
        since: Type.Optional(Timestamp),
        until: Type.Optional(Timestamp),
        ...whole,
      },
      closed,
    ),
    result: Type.Object({ records: Type.Array(AuditRecord), next: Type.Optional(Type.Integer()) }),
    errors: [
      ...waitErrors,
      "proofRequired",
      "invalidReference",
      "itemNotFound",
      "tooManyItems",
      "offline",
      "sealBroken",
    ],
    need: { kind: "manageOrProof" },
    activity: false,
    since: "0.1.0",
    example: {
      params: { limit: 2, proof: { kind: "password", password: "correct horse battery staple" } },
      result: {
        records: [
          {
            seq: 12,
            at: "2026-11-24T09:00:00.000Z",
            event: "secrets.resolve",
            outcome: "ok",
            count: 1,
            program: "/usr/bin/node",
            pid: 4711,
            ids: ["abcdefghijklmnopqrstuvwxyz", "bcdefghijklmnopqrstuvwxyz2"],
            titles: ["Demo", "DATABASE_URL"],
            names: ["/password"],
          },
          {
            seq: 13,
            at: "2026-11-24T09:01:00.000Z",
            event: "proof.password",
            outcome: "ok",
            count: 1,
            program: "/usr/bin/postern",
            pid: 4712,
          },
        ],
      },
    },
  }),
  "audit.verify": entry({
    summary: "Checks the chain of the audit log. Returns which part is proven, and up to when.",
    params: Type.Object(whole, closed),
    result: Type.Object({
      records: Type.Integer(),
      proven: Type.Array(ProvenRecords),
      problems: Type.Array(Type.String()),
    }),
    errors: waitErrors,
    need: { kind: "manageOrProof" },
    activity: false,
    since: "0.1.0",
    example: {
      params: { proof: { kind: "password", password: "correct horse battery staple" } },
      result: { records: 12, proven: [{ from: 1, to: 12, until: "2026-11-24T09:00:00.000Z" }], problems: [] },
    },
  }),
} as const;
