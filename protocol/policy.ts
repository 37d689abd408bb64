// The file policy.json, which a person writes and approves. Its schema is published as policy.schema.json.
import Type, { type Static } from "typebox";
import { Id } from "./catalogue/common.ts";

const closed = { additionalProperties: false } as const;

/** Rules of one policy. A person reads each of them before the approval. */
export const POLICY_RULES_MAX = 200;

/** Bytes of the file. Two hundred rules with all of their hashes need some 60 KiB. */
export const POLICY_BYTES_MAX = 64 * 1024;

/** Levels of arrays and objects. A rule needs 4. */
export const POLICY_DEPTH_MAX = 8;

/** Characters of a pattern of a reference. References are shorter. */
const PATTERN_LENGTH_MAX = 400;

/** Characters of a reason. It is one line of a list. */
const BECAUSE_LENGTH_MAX = 120;

const Sha256 = Type.String({
  pattern: "^[0-9a-f]{64}$",
  description: "SHA-256 in hex, as `postern policy hash` prints it",
});

const Who = Type.Object(
  {
    executable: Type.Optional(Sha256),
    script: Type.Optional(Sha256),
    terminal: Type.Optional(Type.Boolean({ description: "whether the process has a controlling terminal" })),
  },
  { ...closed, minProperties: 1, description: "The program that asks. Left out: any." },
);

const What = Type.Object(
  {
    reference: Type.Optional(
      Type.String({
        maxLength: PATTERN_LENGTH_MAX,
        description: "a reference as a program sends it; * stands for any characters within one part",
      }),
    ),
    vault: Type.Optional(Id),
    item: Type.Optional(Id),
  },
  {
    ...closed,
    minProperties: 1,
    description: "A reference, or a vault, or an item and its vault. Left out: anything.",
  },
);

const Rule = Type.Object(
  {
    effect: Type.Enum(["allow", "ask", "deny"]),
    who: Type.Optional(Who),
    what: Type.Optional(What),
    verb: Type.Optional(
      Type.Enum(["read", "write"], {
        description:
          "Left out: both; in an allow, read. An allow of write, and an ask or deny of read, is for both too.",
      }),
    ),
    because: Type.Optional(Type.String({ maxLength: BECAUSE_LENGTH_MAX, description: "for people" })),
  },
  closed,
);

const MinimumStrength = Type.Object(
  { vault: Id, item: Type.Optional(Id), minimum: Type.Enum(["pin", "system", "verifiedUser", "verifiedUserWithKey"]) },
  closed,
);

/** The content of policy.json. */
export const PolicyFile = Type.Object(
  {
    $schema: Type.Optional(Type.String({ maxLength: PATTERN_LENGTH_MAX })),
    version: Type.Literal(1),
    rules: Type.Optional(Type.Array(Rule, { maxItems: POLICY_RULES_MAX })),
    strengths: Type.Optional(Type.Array(MinimumStrength, { maxItems: POLICY_RULES_MAX })),
  },
  closed,
);

export type Policy = Static<typeof PolicyFile>;
export type PolicyRule = Static<typeof Rule>;
export type PolicyStrength = Static<typeof MinimumStrength>;
