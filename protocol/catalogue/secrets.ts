// secrets.*: references and their values.
import Type from "typebox";
import { entry } from "../entry.ts";
import { limits } from "../limits.ts";
import { named } from "../named.ts";
import { Empty, Id, onAccount } from "./common.ts";

const closed = { additionalProperties: false } as const;

/** Characters of a reference: three or four titles of 256 characters, ids, a query. An empty text passes here and is refused later as no reference. */
const Reference = Type.String({ maxLength: 2048 });

const Whole = Type.Integer({ minimum: 0, maximum: 0xffffffff });

/** A recipe in the official shape. Lengths out of range have an error of their own. */
const PasswordRecipe = Type.Union(
  [
    Type.Object(
      {
        type: Type.Literal("Memorable"),
        parameters: Type.Object({
          separatorType: Type.Enum([
            "digits",
            "digitsAndSymbols",
            "spaces",
            "hyphens",
            "underscores",
            "periods",
            "commas",
          ]),
          capitalize: Type.Boolean(),
          wordListType: Type.Enum(["fullWords", "syllables", "threeLetters"]),
          wordCount: Whole,
        }),
      },
      closed,
    ),
    Type.Object({ type: Type.Literal("Pin"), parameters: Type.Object({ length: Whole }) }, closed),
    Type.Object(
      {
        type: Type.Literal("Random"),
        parameters: Type.Object({ includeDigits: Type.Boolean(), includeSymbols: Type.Boolean(), length: Whole }),
      },
      closed,
    ),
  ],
  named("PasswordRecipe"),
);

const Resolved = Type.Object(
  {
    secret: Type.String(),
    vaultId: Id,
    itemId: Id,
    /** The type of the field, or "File", or "Notes". */
    kind: Type.String(),
    /** Whether the value is concealed: a concealed field, a one-time code or its seed, a private key, a card number. */
    concealed: Type.Boolean(),
    /** Whether the answer came from memory, and the age of it. */
    cached: Type.Boolean(),
    ageMs: Type.Integer(),
    /** Whether the service could not be asked for changes just now. */
    stale: Type.Boolean(),
    /** Microseconds from the request's arrival to this answer, less the wait for a person. */
    tookUs: Type.Integer(),
  },
  named("ResolvedSecret"),
);

/** The error of one reference of several. */
const ResolveFailure = Type.Object(
  {
    error: Type.Object({ name: Type.String(), message: Type.String(), hint: Type.Optional(Type.String()) }),
  },
  named("ResolveFailure"),
);

const resolveErrors = [
  "signedOut",
  "locked",
  "clientNotFound",
  "approvalRequired",
  "approvalDenied",
  "approvalTimedOut",
  "promptQuota",
  "coolingDown",
  "invalidReference",
  "vaultNotFound",
  "tooManyVaults",
  "itemNotFound",
  "tooManyItems",
  "noMatchingSections",
  "fieldNotFound",
  "tooManyMatchingFields",
  "incompatibleTotpQuery",
  "incompatibleSshQuery",
  "totpUnavailable",
  "privateKeyUnreadable",
  "sshKeyMetadataNotFound",
  "unsupportedFileFormat",
  "offline",
  "sealBroken",
  "auditUnwritable",
] as const;

/** Errors of the value itself. A watch makes no code and reads no file. */
const ofReading: ReadonlySet<string> = new Set(["totpUnavailable", "unsupportedFileFormat"]);

export const secrets = {
  "secrets.resolve": entry({
    summary: "Returns the secret of a reference.",
    params: Type.Object({ reference: Reference, ...onAccount }, closed),
    result: Resolved,
    errors: resolveErrors,
    need: { kind: "grant", verb: "read", scopeOf: ({ reference }) => [{ reference }] },
    activity: true,
    since: "0.1.0",
    example: {
      params: { reference: "op://Demo/DATABASE_URL/password" },
      result: {
        secret: "postgres://…",
        vaultId: "abcdefghijklmnopqrstuvwxyz",
        itemId: "bcdefghijklmnopqrstuvwxyz2",
        kind: "Concealed",
        concealed: true,
        cached: true,
        ageMs: 1200,
        stale: false,
        tookUs: 85,
      },
    },
    sdkName: "SecretsResolve",
  }),
  "secrets.resolveAll": entry({
    summary: "Returns the secrets of up to 100 references. Each has its own outcome. One prompt asks for all of them.",
    params: Type.Object({ references: Type.Array(Reference, { maxItems: limits.references }), ...onAccount }, closed),
    result: Type.Object({
      outcomes: Type.Array(Type.Union([Resolved, ResolveFailure])),
    }),
    errors: [
      "signedOut",
      "locked",
      "clientNotFound",
      "approvalRequired",
      "approvalDenied",
      "approvalTimedOut",
      "promptQuota",
      "coolingDown",
      "offline",
      "auditUnwritable",
    ],
    need: { kind: "grant", verb: "read", scopeOf: ({ references }) => references.map((reference) => ({ reference })) },
    activity: true,
    since: "0.1.0",
    example: {
      params: { references: ["op://Demo/DATABASE_URL/password", "op://Demo/nothing/password"] },
      result: {
        outcomes: [
          {
            secret: "postgres://…",
            vaultId: "abcdefghijklmnopqrstuvwxyz",
            itemId: "bcdefghijklmnopqrstuvwxyz2",
            kind: "Concealed",
            concealed: true,
            cached: true,
            ageMs: 1200,
            stale: false,
            tookUs: 85,
          },
          { error: { name: "itemNotFound", message: "no item matched" } },
        ],
      },
    },
    sdkName: "SecretsResolveAll",
  }),
  "secrets.watch": entry({
    summary:
      "Watches the secret of a reference. This connection is sent `secret.changed`, with the id of the watch, when the value changes, and when the reference leads to another field or to nothing. The value is not sent; read it with `secrets.resolve`. `secret.ended` says that the account was locked, or that the grant ended. Watching is no use of a grant, so it does not keep one alive. A one-time code changes when its seed does, and a file when another one takes its place. Needs an approval that lasts. Includes agent.subscribe.",
    params: Type.Object({ reference: Reference, ...onAccount }, closed),
    result: Type.Object({ watch: Type.String() }),
    errors: resolveErrors.filter((name) => !ofReading.has(name)),
    need: { kind: "grant", verb: "read", scopeOf: ({ reference }) => [{ reference }] },
    activity: true,
    since: "0.1.0",
    example: {
      params: { reference: "op://Demo/DATABASE_URL/password" },
      result: { watch: "abcdefghijklmnopqrstuvwxyz" },
    },
  }),
  "secrets.unwatch": entry({
    summary: "Ends a watch of this connection.",
    params: Type.Object({ watch: Type.String({ maxLength: 64 }) }, closed),
    result: Empty,
    errors: ["watchNotFound"],
    need: { kind: "none" },
    activity: false,
    since: "0.1.0",
    example: { params: { watch: "abcdefghijklmnopqrstuvwxyz" }, result: {} },
  }),
  "secrets.validateReference": entry({
    summary: "Checks whether a text is a well-formed reference. Nothing is looked up.",
    params: Type.Object({ reference: Reference }, closed),
    result: Empty,
    errors: ["invalidReference"],
    need: { kind: "none" },
    activity: false,
    since: "0.1.0",
    example: { params: { reference: "op://Demo/DATABASE_URL/password" }, result: {} },
    sdkName: "ValidateSecretReference",
  }),
  "secrets.generatePassword": entry({
    summary: "Makes a password by a recipe. It is stored nowhere.",
    params: Type.Object({ recipe: PasswordRecipe }, closed),
    result: Type.Object({ password: Type.String() }),
    errors: ["invalidRecipe"],
    need: { kind: "none" },
    activity: false,
    since: "0.1.0",
    example: {
      params: { recipe: { type: "Random", parameters: { includeDigits: true, includeSymbols: true, length: 20 } } },
      result: { password: "Ub2TYowugcFPZ*BW3Ucj" },
    },
    sdkName: "GeneratePassword",
  }),
} as const;
