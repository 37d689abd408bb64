// One account on this agent, and the events of its opening and locking.
import type { ServiceAddress } from "../../clients/account/service-client.ts";
import type { Actor } from "../audit/entry.ts";
import type { AuditLog } from "../audit/log.ts";
import type { Clock } from "../host/clock.ts";
import type { Log } from "../host/log.ts";
import type { Sodium } from "../host/sodium.ts";
import type { AccountFile } from "./account-file.ts";
import type { TryPlace } from "./try-place.ts";
import type { TryQueue } from "./try-queue.ts";
import type { AccountOf, Unlocked } from "./unlocked.ts";

/** Who types a password: for the log, and for the queue of tries. */
export type Trier = {
  readonly by?: Actor;
  readonly place?: TryPlace;
  /** Whether the account has just come to this agent, so that its file counts nothing yet. */
  readonly isNew?: true;
};

/** One account on this agent. */
export type Session = {
  file: AccountFile;
  readonly audit: AuditLog;
  unlocked: Unlocked | undefined;
  /** The number of its locks. An unlock with a lock in between must not stand. */
  locks: number;
  /** Whether its person locked, and the application grants in its store may not have ended yet. */
  applicationsEnded: boolean;
  /** What an unlock found and could not tell, since it did not stand. The next one tells it. */
  readonly untold: string[];
  /** The queue of typed PINs and passwords. Whoever has its turn takes the next one too, and never the other way round. */
  readonly tries: TryQueue;
  /** Changes the account's file one at a time, since each try builds on the count that the one before left in it. */
  readonly inTurn: <T>(work: () => Promise<T>) => Promise<T>;
};

export type SessionEvents = {
  /** The account is locked from now on: end grants, withdraw prompts, tell subscribers. */
  locked(account: string, unlocked: Unlocked): void;
  unlocked(account: string): void;
  /** The account is not on this agent any more. */
  removed(account: string): void;
};

export type SessionParts = {
  readonly home: string;
  readonly crypto: Sodium;
  readonly clock: Clock;
  readonly log: Log;
  readonly embedded: () => Promise<ServiceAddress>;
  readonly accountOf?: AccountOf | undefined;
  /** Whether the agent hears when the screen is locked. */
  readonly hearsScreen: () => boolean;
  readonly events: SessionEvents;
  /** Clears from memory what no code holds any more. Called after each lock that closed something. */
  readonly collect: () => void;
};

/** A session that is unlocked at this moment. After an await, look again. */
export type UnlockedSession = Session & { unlocked: Unlocked };
