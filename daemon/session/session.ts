// One account on this agent, and what is told of it as it opens and locks.
import type { ServiceAddress } from "../../clients/account/service-client.ts";
import type { AuditLog } from "../audit/log.ts";
import type { Clock } from "../host/clock.ts";
import type { Log } from "../host/log.ts";
import type { Sodium } from "../host/sodium.ts";
import type { AccountFile } from "./account-file.ts";
import type { AccountOf, Unlocked } from "./unlocked.ts";

/** One account on this agent. */
export type Session = {
  file: AccountFile;
  readonly audit: AuditLog;
  unlocked: Unlocked | undefined;
  /** How often it was locked: an unlock that a lock came in between of must not stand. */
  locks: number;
  /** Passwords of one account are tried one at a time: each counts on what the one before left in the file. */
  readonly inTurn: <T>(work: () => Promise<T>) => Promise<T>;
};

export type SessionEvents = {
  /** The account is locked from now on: end grants, withdraw prompts, tell subscribers. */
  locked(account: string, unlocked: Unlocked): void;
  unlocked(account: string): void;
};

export type SessionParts = {
  readonly home: string;
  readonly crypto: Sodium;
  readonly clock: Clock;
  readonly log: Log;
  readonly embedded: () => Promise<ServiceAddress>;
  readonly accountOf?: AccountOf | undefined;
  readonly events: SessionEvents;
};

/** One that is unlocked at this moment; whoever awaits looks again. */
export type UnlockedSession = Session & { unlocked: Unlocked };
