// Records calls with a service account's token in the token's own log, and in the log of the account's person where this agent has that
// account. Otherwise the record in the token's own log names its token, and the person's log takes it in when the account is here again
// (left-records.ts). So the person's command shows the calls, and a holder of the token cannot remove them. Names are sealed under the
// service account's key, which the person has too. So they can be written while the person's account is locked, and a holder of the token
// learns nothing about the rest of that log.
import { PosternError } from "../../protocol/errors.ts";
import type { Clock } from "../host/clock.ts";
import type { LogEntry } from "./entry.ts";
import type { AuditLog, Recorder } from "./log.ts";

/**
 * Bytes that the tokens of one service account may add to the person's log in a day. Past it they read nothing more, since a holder of a
 * token must not push the rest out of the log. Counted repeats may take as much again.
 */
export const TOKEN_BYTES_PER_DAY = 16 * 1024 * 1024;

const DAY_MS = 24 * 60 * 60_000;

/** The bytes that a service account has added since its day began. */
export type Spent = { sinceMs: number; bytes: number };

export type TokenRecorderParts = {
  readonly own: AuditLog;
  /** The person's log. It is looked up at each record, since an account may be signed in or out. */
  readonly persons: () => AuditLog | undefined;
  readonly token: NonNullable<LogEntry["token"]>;
  /** All tokens of the service account share it. */
  readonly spent: Spent;
  readonly clock: Pick<Clock, "monotonicMs">;
};

export function createTokenRecorder({ own, persons, token, spent, clock }: TokenRecorderParts): Recorder {
  function demandRoom(): void {
    if (clock.monotonicMs() - spent.sinceMs >= DAY_MS) Object.assign(spent, { sinceMs: clock.monotonicMs(), bytes: 0 });
    if (spent.bytes >= TOKEN_BYTES_PER_DAY)
      throw new PosternError("auditUnwritable", "this service account's room for records of a day is spent");
  }

  function record(how: "read" | "keep", entry: LogEntry): number {
    const theirs = persons();
    if (theirs === undefined) return own[how]({ ...entry, token });
    // Checked before anything is written. Otherwise one log would have a record of a call that was then refused.
    demandRoom();
    theirs.demandWritable();
    const bytes = own[how](entry);
    spent.bytes += theirs[how]({ ...entry, token });
    return bytes;
  }

  return {
    demandWritable: (who) => {
      own.demandWritable(who);
      if (persons() === undefined) return;
      demandRoom();
      persons()?.demandWritable();
    },
    read: (entry) => record("read", entry),
    keep: (entry) => record("keep", entry),
  };
}
/**
 * Whether two accounts are at one service. A token names its service. An attacker can run a service that accepts an invented token under any
 * account's id. Such a token must write nothing into that account's log.
 */
