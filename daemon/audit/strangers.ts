// Refusals of strangers, which are programs without a grant and without a token. They can cause any number, so all of them share a small room
// a day. Past it, one record gives the number of the rest.
import { PosternError } from "../../protocol/errors.ts";
import type { Clock } from "../host/clock.ts";
import type { LogEntry } from "./entry.ts";
import type { AuditLog } from "./log.ts";

/** Bytes that strangers may add to one log in a day: about three thousand refusals. A year of them pushes nothing out. */
export const STRANGER_BYTES_PER_DAY = 1024 * 1024;

const DAY_MS = 24 * 60 * 60_000;

type Log = Pick<AuditLog, "read" | "keep">;
type Day = { bytes: number; left: number; cancel: () => void };

export type Strangers = {
  /** Records a refusal where there is room, and counts it otherwise. Throws as the log does. */
  read(log: Log, entry: LogEntry): void;
  /** Records the number of those counted so far. */
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
      // A later record counts this one with the others.
      day.bytes += log.read(entry) || namedBytes(entry);
    },
    close: () => {
      for (const [log, day] of days) quietly(() => end(log, day));
    },
  };
}

/** Bytes of a character after sealing and base64. */
const SEALED_BYTES = 2;

function namedBytes({ asked = [], names = [] }: LogEntry): number {
  return SEALED_BYTES * [...asked, ...names].reduce((sum, { length }) => sum + length, 0);
}

/** Ignores a closed or full log, which other code reports. */
function quietly(tell: () => void): void {
  try {
    tell();
  } catch (error) {
    if (!(error instanceof PosternError)) throw error;
  }
}
