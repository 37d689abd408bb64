// Every operation of the service gets these: the store, the clock, randomness, and the caller.

import { fromBase64 } from "../protocol/crypto/encoding.ts";
import type { CheckingPrimitives } from "../protocol/crypto/primitives.ts";
import { PosternError } from "../protocol/errors.ts";
import type { OperationName, OperationParams, OperationResult } from "../protocol/service-catalogue.ts";
import type { Changes } from "./change/changes.ts";
import type { Writing } from "./change/history.ts";
import type { Strangers } from "./door/strangers.ts";
import type { Store } from "./store/store.ts";
import type { Db } from "./store/tables.ts";

/** The owner of a session token. */
export type Caller = {
  readonly account: string;
  readonly user: string;
  /** The device. For a service account, the token that it signed in with. */
  readonly device: string;
  readonly kind: "person" | "serviceAccount";
  readonly tokenHash: Uint8Array;
};

/** The parts of a running service, built once. */
export type Service = {
  /** For reads of one statement. A write, or several reads at one moment, go through `store`. */
  readonly db: Db;
  readonly store: Store;
  readonly primitives: CheckingPrimitives;
  readonly changes: Changes;
  /** What is done for callers without a session. */
  readonly strangers: Strangers;
  /** The store's identity, and the generation that this start of the service began. */
  readonly writing: Writing;
  /** The store's own secret. It makes challenges, and hides the addresses of readers. */
  readonly challengeKey: Uint8Array;
  /** Milliseconds since the Unix epoch. */
  readonly now: () => number;
  /** The origin that sign-ins are bound to: configured, never taken from the Host header. */
  readonly origin: string;
  /** Hash of the registration token. Undefined only in process: then any caller may create an account. */
  readonly registrationHash: Uint8Array | undefined;
  /** The address at which people with a link reach its page. Undefined where the service has no such page. */
  readonly publicAddress: string | undefined;
};

export type Context = Service & {
  readonly caller: Caller;
  readonly signal: AbortSignal;
  /** The key of the sender's address. Undefined for requests of the agent that this service is embedded in. */
  readonly from: string | undefined;
};

/** One function per operation of the catalogue. An operation without a session gets no caller. */
export type Operations = {
  readonly [N in OperationName]: (params: OperationParams<N>, context: Context) => Promise<OperationResult<N>>;
};

/** The time as text, as it is stored and answered. */
export function timestamp(context: { now(): number }): string {
  return new Date(context.now()).toISOString();
}

/**
 * Milliseconds that a time in the store may lie ahead of now. A time further ahead was written while the clock was wrong, and is
 * ignored: otherwise a session or a limit would last until then.
 */
export const AHEAD_MS_MAX = 60_000;

/** The latest stored time that the service believes, as text. */
export function latest(context: { now(): number }): string {
  return new Date(context.now() + AHEAD_MS_MAX).toISOString();
}

/**
 * Decodes base64. Throws invalidParams for a second spelling of the same bytes (RFC 4648, section 3.5), which the schema lets
 * pass. Signatures cover the text, and the store keeps the bytes: a second spelling would come back as the first, unsigned.
 */
export function bytes(base64: string): Uint8Array {
  const decoded = fromBase64(base64);
  if (decoded === undefined) throw new PosternError("invalidParams", "base64 must be canonical");
  return decoded;
}

/** Decodes base64 of exactly `size` bytes; `name` names the field in the error. */
export function bytesOf(size: number, name: string, base64: string): Uint8Array {
  const decoded = bytes(base64);
  if (decoded.length !== size) throw new PosternError("invalidParams", `${name} must have ${size} bytes`);
  return decoded;
}

/** Encodes stored bytes for an answer. */
export function text(stored: Uint8Array): string {
  return Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength).toString("base64");
}
