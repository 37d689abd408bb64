// serviceAccounts.*: principals for programs. They use a token, and no person is asked.
import Type from "typebox";
import { entry } from "../entry.ts";
import { named } from "../named.ts";
import { serviceLimits } from "../service-catalogue.ts";
import { Empty, Id, IdParam, Password, Proof, Timestamp } from "./common.ts";

const closed = { additionalProperties: false } as const;

/** Characters of a title: one line of a list. */
const TITLE_LENGTH_MAX = 255;

/** The least milliseconds that a token lives (it must not end before it arrives), and the most: ten years. */
const EXPIRY_MS_MIN = 60_000;
const EXPIRY_MS_MAX = 10 * 366 * 24 * 60 * 60_000;

/** Milliseconds that a token lives by default: a quarter of a year, so that a forgotten token ends by itself. */
export const EXPIRY_MS_DEFAULT = 90 * 24 * 60 * 60_000;

/** The default applies where it is left out. A token without an end needs the word for it. */
const ExpiresInMs = Type.Optional(
  Type.Union([Type.Integer({ minimum: EXPIRY_MS_MIN, maximum: EXPIRY_MS_MAX }), Type.Literal("never")]),
);

/** Some programs insist on a token in the form of the official ones (official-form.ts). */
const OfficialForm = Type.Optional(Type.Boolean());

/** A token hands on everything that it opens. So making or replacing one asks for the password each time. */
const proven = { account: Type.Optional(IdParam), password: Password };
const provenErrors = ["signedOut", "locked", "proofRefused", "tryLater", "auditUnwritable", "offline"] as const;

const whole = { proof: Type.Optional(Proof), account: Type.Optional(IdParam), ask: Type.Optional(Type.Boolean()) };
const wholeErrors = [
  ...provenErrors,
  "sealBroken",
  "proofRequired",
  "approvalDenied",
  "approvalTimedOut",
  "promptQuota",
  "coolingDown",
] as const;

const Permissions = Type.Array(Type.String({ minLength: 1, maxLength: 64 }), { minItems: 1, maxItems: 32 });
const Budget = Type.Object(
  {
    limit: Type.Integer(),
    used: Type.Integer(),
    left: Type.Integer(),
    resetsAt: Type.Optional(Timestamp),
  },
  named("RequestBudget"),
);

/** A new token. Its text is shown this once. */
const IssuedToken = Type.Object(
  { serviceAccountId: Id, token: Type.String(), expiresAt: Type.Optional(Timestamp) },
  named("IssuedToken"),
);

/** A token in later lists, without its text. */
const ServiceAccountToken = Type.Object(
  {
    id: Id,
    createdAt: Timestamp,
    expiresAt: Type.Optional(Timestamp),
    expired: Type.Boolean(),
    lastUsedAt: Type.Optional(Timestamp),
  },
  named("ServiceAccountToken"),
);

const ServiceAccountVault = Type.Object(
  {
    vaultId: Id,
    title: Type.Optional(Type.String()),
    permissions: Type.Array(Type.String()),
  },
  named("ServiceAccountVault"),
);

const ServiceAccount = Type.Object(
  {
    id: Id,
    title: Type.String(),
    createdAt: Timestamp,
    revokedAt: Type.Optional(Timestamp),
    canCreateVaults: Type.Optional(Type.Boolean()),
    tokens: Type.Array(ServiceAccountToken),
    vaults: Type.Array(ServiceAccountVault),
  },
  named("ServiceAccount"),
);

const example = {
  serviceAccountId: "defghijklmnopqrstuvwxyz234",
  token: "postern_eyJ2IjoxLCJzZXJ2aWNlIjoi…",
  expiresAt: "2026-12-24T09:00:00.000Z",
};

export const serviceAccounts = {
  "serviceAccounts.create": entry({
    summary:
      "Makes a service account with access to the named vaults (by title or id; an environment by its id). Returns its token, which is shown only once. With `canCreateVaults` it may make vaults, and rename and delete those that it made; you come to them with every right. The token ends after `expiresInMs`: after 90 days if it is left out, and never with `never`. With `officialForm` the token has the outer form of the official SDKs' tokens, for a program that insists on it.",
    params: Type.Object(
      {
        ...proven,
        title: Type.String({ minLength: 1, maxLength: TITLE_LENGTH_MAX }),
        vaults: Type.Array(
          Type.Object(
            { vault: Type.String({ minLength: 1, maxLength: TITLE_LENGTH_MAX }), permissions: Permissions },
            closed,
          ),
          { maxItems: serviceLimits.members },
        ),
        expiresInMs: ExpiresInMs,
        officialForm: OfficialForm,
        canCreateVaults: Type.Optional(Type.Boolean()),
      },
      closed,
    ),
    result: IssuedToken,
    errors: [...provenErrors, "vaultNotFound", "tooManyVaults", "invalidPermissions", "notPermitted"],
    need: { kind: "proof" },
    activity: true,
    since: "0.1.0",
    example: {
      params: {
        password: "correct horse battery staple",
        title: "CI",
        vaults: [{ vault: "Demo", permissions: ["read_items"] }],
        expiresInMs: 2_592_000_000,
      },
      result: example,
    },
  }),
  "serviceAccounts.list": entry({
    summary:
      "Returns the service accounts with their tokens (never the text) and vaults, including revoked ones. `lastUsedAt` is the last use on any machine, to a few minutes. It is missing if a token was never used.",
    params: Type.Object(whole, closed),
    result: Type.Object({
      serviceAccounts: Type.Array(ServiceAccount),
    }),
    errors: wholeErrors,
    need: { kind: "manageOrProof" },
    activity: false,
    since: "0.1.0",
    example: {
      params: { proof: { kind: "password", password: "correct horse battery staple" } },
      result: {
        serviceAccounts: [
          {
            id: "defghijklmnopqrstuvwxyz234",
            title: "CI",
            createdAt: "2026-11-24T09:00:00.000Z",
            tokens: [
              {
                id: "efghijklmnopqrstuvwxyz2345",
                createdAt: "2026-11-24T09:00:00.000Z",
                expired: false,
                lastUsedAt: "2026-11-28T09:00:00.000Z",
              },
            ],
            vaults: [
              {
                vaultId: "fghijklmnopqrstuvwxyz23456",
                title: "Demo",
                permissions: ["READ_ITEMS", "REVEAL_ITEM_PASSWORD"],
              },
            ],
          },
        ],
      },
    },
  }),
  "serviceAccounts.rotate": entry({
    summary:
      "Returns the next token of a service account. The older tokens end after `overlapMs`, or at once if it is left out. The next token ends after `expiresInMs`, and never with `never`. If it is left out, the token lives as long as the newest one was made for, or 90 days if there is none. With `officialForm` it has the outer form of the official SDKs' tokens.",
    params: Type.Object(
      {
        ...proven,
        serviceAccountId: IdParam,
        overlapMs: Type.Optional(Type.Integer({ minimum: 0, maximum: serviceLimits.tokenOverlapMs })),
        expiresInMs: ExpiresInMs,
        officialForm: OfficialForm,
      },
      closed,
    ),
    result: IssuedToken,
    errors: [...provenErrors, "sealBroken", "serviceAccountNotFound"],
    need: { kind: "proof" },
    activity: true,
    since: "0.1.0",
    example: {
      params: {
        password: "correct horse battery staple",
        serviceAccountId: "defghijklmnopqrstuvwxyz234",
        overlapMs: 3_600_000,
      },
      result: example,
    },
  }),
  "serviceAccounts.revoke": entry({
    summary: "Ends every token of a service account at once. Then its vaults get new keys.",
    params: Type.Object({ ...whole, serviceAccountId: IdParam }, closed),
    result: Empty,
    errors: [...wholeErrors, "serviceAccountNotFound"],
    need: { kind: "manageOrProof" },
    activity: true,
    since: "0.1.0",
    example: {
      params: {
        proof: { kind: "password", password: "correct horse battery staple" },
        serviceAccountId: "defghijklmnopqrstuvwxyz234",
      },
      result: {},
    },
  }),
  "serviceAccounts.rateLimit": entry({
    summary: "Returns how many reads and writes the token of a client has left in its hour. This costs nothing.",
    params: Type.Object({ client: Type.String({ minLength: 1, maxLength: 64 }) }, closed),
    result: Type.Object({ reads: Budget, writes: Budget }),
    errors: ["clientNotFound", "notPermitted", "locked", "offline"],
    need: { kind: "none" },
    activity: false,
    since: "0.1.0",
    example: {
      params: { client: "1" },
      result: {
        reads: { limit: 10_000, used: 12, left: 9_988, resetsAt: "2026-11-24T10:00:00.000Z" },
        writes: { limit: 1_000, used: 0, left: 1_000, resetsAt: "2026-11-24T10:00:00.000Z" },
      },
    },
  }),
} as const;
