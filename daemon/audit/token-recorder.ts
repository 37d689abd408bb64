// Where the calls of a service account's token are recorded: in the token's own log, and in that of the person whose account
// it is, where this agent has the account. Where it has not, the record in the token's own log names its token: the person's
// log takes such a record in when the account is here again (left-records.ts). The person's command shows them so, and whoever holds the token cannot take them
// out again. Names are sealed under the service account's key, which the person holds too: so they can be written while the
// person's account is locked, and say nothing of the rest of that log.
import { PosternError } from "../../protocol/errors.ts";
import type { Clock } from "../host/clock.ts";
import type { LogEntry } from "./entry.ts";
import type { AuditLog, Recorder } from "./log.ts";

/**
 * Bytes that the tokens of one service account may add to the person's log in a day, past which they read nothing more: whoever
 * holds a token must not push the rest out of the log. Repeats that were counted may take as much again.
 */
export const TOKEN_BYTES_PER_DAY = 16 * 1024 * 1024;

const DAY_MS = 24 * 60 * 60_000;

/** What a service account has added since its day began. */
export type Spent = { sinceMs: number; bytes: number };

export type TokenRecorderParts = {
  readonly own: AuditLog;
  /** The person's log, looked for at each record: an account comes and goes. */
  readonly persons: () => AuditLog | undefined;
  readonly token: NonNullable<LogEntry["token"]>;
  /** Shared by all tokens of the service account. */
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
    // Before anything is written: a record in one log alone would be of a call that was refused.
    demandRoom();
    theirs.demandWritable();
    const bytes = own[how](entry);
    spent.bytes += theirs[how]({ ...entry, token });
    return bytes;
  }

  return {
    demandWritable: () => {
      own.demandWritable();
      if (persons() === undefined) return;
      demandRoom();
      persons()?.demandWritable();
    },
    read: (entry) => record("read", entry),
    keep: (entry) => record("keep", entry),
  };
}
