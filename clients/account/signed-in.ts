// A user of an account on a device, before and after signing in.
import type { Keyset } from "../../protocol/crypto/keyset.ts";
import type { ServiceSession, UserRecord } from "./service-session.ts";

/** A user, its account and its device. The Secret Key is secret. */
export type UserOnDevice = {
  readonly account: string;
  readonly user: string;
  readonly device: string;
  readonly secretKey: Uint8Array;
};

/** A user's open keys and session with the service. */
export type SignedIn = {
  readonly session: ServiceSession;
  readonly rootKey: Uint8Array;
  readonly keyset: Keyset;
  readonly record: UserRecord;
};
