// Checks a record of a token's own log before the person's log takes it. A holder of the token has its log's keys too, and can write any
// record there. So each part is checked, as bytes of a peer are.
import { type Static, Type } from "typebox";
import { Compile, type Validator } from "typebox/compile";
import type { Linked } from "./chain.ts";
import type { LeftRecord } from "./log.ts";

/** Characters of a path: the most that Linux takes. */
const PROGRAM_LENGTH_MAX = 4096;

/** Ids in one record: two for each of the thousand references of one call. */
const IDS_MAX = 2_000;

/** Characters of sealed names: `NAMES_LENGTH_MAX` of them, padded and in base64. */
const SEALED_LENGTH_MAX = 256 * 1024;

const Id = Type.String({ pattern: "^[a-z2-7]{26}$" });
const Count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const Word = Type.String({ pattern: "^[A-Za-z][A-Za-z.]{0,63}$" });

const Left = Type.Object(
  {
    seq: Count,
    at: Type.String({ pattern: "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z$" }),
    event: Word,
    outcome: Word,
    count: Count,
    program: Type.Optional(Type.String({ maxLength: PROGRAM_LENGTH_MAX })),
    pid: Type.Optional(Count),
    who: Type.Optional(Type.String({ pattern: "^[A-Za-z0-9+/]{16}$" })),
    ids: Type.Optional(Type.Array(Id, { maxItems: IDS_MAX })),
    asked: Type.Optional(Type.Array(Id, { maxItems: IDS_MAX })),
    token: Type.Object({ serviceAccount: Id, token: Id }, { additionalProperties: false }),
    unnamed: Type.Optional(Count),
    sealed: Type.Optional(Type.String({ maxLength: SEALED_LENGTH_MAX })),
  },
  { additionalProperties: false },
);

let validator: Validator | undefined;

/**
 * The record without its link, if it belongs to this service account and no person's log has it yet. It has names only if they open.
 */
export function leftRecord(
  linked: Linked,
  serviceAccount: string,
  opens: (sealed: string) => boolean,
): LeftRecord | undefined {
  const { mac, hash, ...record } = linked as Linked & { mac?: string; hash?: string };
  validator ??= Compile(Left);
  if (!validator.Check(record)) return undefined;
  const { sealed, ...left } = record as Static<typeof Left>;
  if (left.token.serviceAccount !== serviceAccount || Number.isNaN(Date.parse(left.at))) return undefined;
  return sealed === undefined || !opens(sealed) ? left : { ...left, sealed };
}
