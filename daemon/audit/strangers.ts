// What strangers add to a log: refusals of whoever holds no grant and no token. They can make as many as they like, so all of
// them together have a little room a day. Past it one record says how many more there were.
import { PosternError } from "../../protocol/errors.ts";
import type { Clock } from "../host/clock.ts";
import type { LogEntry } from "./entry.ts";
import type { AuditLog } from "./log.ts";

/** Bytes that strangers add to one log in a day: about three thousand refusals, and a year of them pushes nothing out. */
export const STRANGER_BYTES_PER_DAY = 1024 * 1024;

const DAY_MS = 24 * 60 * 60_000;

type Log = Pick<AuditLog, "read" | "keep">;
type Day = { bytes: number; left: number; cancel: () => void };

export type Strangers = {
  /** Records it where there is room, else counts it. Throws what the log throws. */
  read(log: Log, entry: LogEntry): void;
  /** Tells of what was counted so far. */
  close(): void;
};

export function createStrangers(clock: Pick<Clock, "after">, bytesPerDay = STRANGER_BYTES_PER_DAY): Strangers {
  const days = new Map<Log, Day>();

  function end(log: Log, day: Day): void {
    days.delete(log);
    day.cancel();
    if (day.left > 0) log.keep({ event: "strangers.leftOut", outcome: "counted", unnamed: day.left });
  }

  function begin(log: Log): Day {
    const day: Day = { bytes: 0, left: 0, cancel: () => undefined };
    day.cancel = clock.after(DAY_MS, () => quietly(() => end(log, day)));
    days.set(log, day);
    return day;
  }

  return {
    read: (log, entry) => {
      const day = days.get(log) ?? begin(log);
      if (day.bytes >= bytesPerDay) {
        day.left++;
        return;
      }
      // What is only counted now is named by the record that is written for all of those.
      day.bytes += log.read(entry) || namedBytes(entry);
    },
    close: () => {
      for (const [log, day] of days) quietly(() => end(log, day));
    },
  };
}

/** Bytes that sealing and base64 make of a character. */
const SEALED_BYTES = 2;

function namedBytes({ asked = [], names = [] }: LogEntry): number {
  return SEALED_BYTES * [...asked, ...names].reduce((sum, { length }) => sum + length, 0);
}

/** A log that was closed, or takes nothing, is told of elsewhere. */
function quietly(tell: () => void): void {
  try {
    tell();
  } catch (error) {
    if (!(error instanceof PosternError)) throw error;
  }
}
