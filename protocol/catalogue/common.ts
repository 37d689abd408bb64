// Shapes that several groups of the catalogue use.
import Type from "typebox";
import { fromBase64 } from "../crypto/encoding.ts";
import { named, namedClosed } from "../named.ts";
import { Assertion } from "./webauthn.ts";

/** The name of an account. Characters: one line of a prompt. */
export const AccountName = Type.String({ minLength: 1, maxLength: 64 });

/** 26 characters of lower-case base32 (RFC 4648): 16 random bytes. */
export const Id = Type.String({ pattern: "^[a-z2-7]{26}$", ...named("Id") });

/** An id that a peer sends: any short text, since an unknown id is "not found" and no mistake of form. */
export const IdParam = Type.String({ minLength: 1, maxLength: 64 });

/** RFC 3339 with Z. */
export const Timestamp = Type.String({ maxLength: 40, ...named("Timestamp") });

/** The match code that the asking program and the approver both show. */
export const Code = Type.String({ pattern: "^[A-HJKMNP-TV-Z]{2}-[0-9]{2}$", ...named("MatchCode") });

/**
 * Standard base64 with padding, in its canonical form. It is checked by decoding. A pattern takes sixty times as long for a file's
 * chunk, and a chunk is checked at each door.
 */
export const Bytes = (maxLength: number) =>
  Type.Refine(
    Type.String({ maxLength, contentEncoding: "base64" }),
    (text) => fromBase64(text) !== undefined,
    () => "must be base64 with padding",
  );

/** Longest password in characters. People type far less, and Argon2id could take far more. */
export const PASSWORD_LENGTH_MAX = 1024;

export const Password = Type.String({ minLength: 1, maxLength: PASSWORD_LENGTH_MAX });

/**
 * A proof makes an answer count: the approval PIN, the account password, or the assertion of an authenticator, which answers a challenge for one
 * prompt. The agent itself verifies it.
 */
export const Proof = Type.Union(
  [
    Type.Object(
      { kind: Type.Literal("pin"), pin: Type.String({ minLength: 1, maxLength: 128 }) },
      { additionalProperties: false },
    ),
    Type.Object({ kind: Type.Literal("password"), password: Password }, { additionalProperties: false }),
    Type.Object({ kind: Type.Literal("webauthn"), assertion: Assertion }, { additionalProperties: false }),
  ],
  named("Proof"),
);

/**
 * When an unlocked account locks by itself: after a time without use, or with the screen. `screenLock` counts while the agent hears of the screen. While it
 * does not, it means ten minutes.
 */
export const IdleLock = Type.Enum(["tenMinutes", "eightHours", "screenLock"], named("IdleLock"));

/** A way in which the agent itself puts a question to the person: on a page of the app, in a window, on the terminal of the asking program, or by the system (polkit). */
export const Approver = Type.Enum(["app", "window", "terminal", "polkit"], named("Approver"));

/** The ways, in the order in which they are tried. An empty list leaves all questions to `postern approve`. */
export const Approvers = Type.Array(Approver, { maxItems: 4 });

/** The fewest days for which a log keeps its records. Somebody who was away for a week still finds all of them. */
export const LOG_DAYS_MIN = 7;

/** The most days: ten years. */
export const LOG_DAYS_MAX = 3650;

/** The days where nobody chose. */
export const LOG_DAYS_DEFAULT = 90;

/** The days for which the log keeps its records. */
export const LogDays = Type.Integer({ minimum: LOG_DAYS_MIN, maximum: LOG_DAYS_MAX });

/** Parameters of every method on an account: the connection's client that asks, and whether to wait for a person. */
/** Present where the service could not be reached just now: the age of the answer. */
export const staleMs = Type.Optional(Type.Integer());

export const onAccount = {
  client: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
  noWait: Type.Optional(Type.Boolean()),
};

export const Empty = Type.Object({}, namedClosed("Empty"));
