// The bytes that each asker adds to a log. A program that runs amok fills its own share and is refused then. Nobody else is.
import { PosternError } from "../../protocol/errors.ts";
import type { Clock } from "../host/clock.ts";
import type { Record } from "./chain.ts";

/** Bytes of one asker in a day: some sixty thousand reads. As much as all tokens of a service account have. */
export const ASKER_BYTES_PER_DAY = 16 * 1024 * 1024;

/** Askers whose bytes are remembered. Past it the one that wrote least is forgotten. */
export const ASKERS_MAX = 1_000;

const DAY_MS = 24 * 60 * 60_000;

type Day = { bytes: number; readonly since: number };

export type Askers = {
  /** Throws auditUnwritable where this asker has spent its share of the day, or where it is the heaviest one and the log is full. */
  demandRoom(who: string | undefined, isFull: boolean): void;
  /** Adds the bytes of a record. */
  wrote(who: string | undefined, bytes: number): void;
  /** Adds the records of the last day that an earlier agent wrote, oldest first. */
  remember(records: readonly Pick<Record, "at" | "who">[], wallMs: number): void;
};

export function createAskers(clock: Pick<Clock, "bootMs">, bytesPerDay = ASKER_BYTES_PER_DAY): Askers {
  const days = new Map<string, Day>();

  function today(who: string): Day | undefined {
    const day = days.get(who);
    if (day === undefined || clock.bootMs() - day.since < DAY_MS) return day;
    days.delete(who);
    return undefined;
  }

  function least(): string | undefined {
    return [...days].sort(([, one], [, other]) => one.bytes - other.bytes)[0]?.[0];
  }

  function heaviest(): string | undefined {
    const living = [...days.keys()].filter((who) => today(who) !== undefined);
    return living.sort((one, other) => (days.get(other)?.bytes ?? 0) - (days.get(one)?.bytes ?? 0))[0];
  }

  function add(who: string | undefined, bytes: number, agoMs: number): void {
    if (who === undefined || bytes === 0) return;
    const day = today(who);
    if (day !== undefined) {
      day.bytes += bytes;
      return;
    }
    if (days.size >= ASKERS_MAX) days.delete(least() ?? "");
    days.set(who, { bytes, since: clock.bootMs() - agoMs });
  }

  return {
    demandRoom: (who, isFull) => {
      if (who === undefined) return;
      if ((today(who)?.bytes ?? 0) >= bytesPerDay)
        throw new PosternError("auditUnwritable", "this program's room for records of a day is spent");
      if (isFull && heaviest() === who)
        throw new PosternError("auditUnwritable", "the log is full, and this program wrote the most of it today");
    },
    wrote: (who, bytes) => add(who, bytes, 0),
    remember: (records, wallMs) => {
      for (const record of records) {
        // A record of a clock that was ahead counts as one of now.
        const agoMs = Math.max(0, wallMs - Date.parse(record.at));
        if (agoMs < DAY_MS) add(record.who, Buffer.byteLength(JSON.stringify(record)) + 1, agoMs);
      }
    },
  };
}
