// Records that strangers cause. A stranger is a program without a grant, and without a token of a service that a person here uses: anybody makes a token at a
// service of their own. It can be refused, and can ask, as often as it likes.
// So all of them share a small room in each log. Past it, one record gives the number of the rest. Nobody is refused for that.
import { errors } from "../../protocol/errors.ts";
import { type Clock, momentOf, passedMs } from "../host/clock.ts";
import type { LogEntry } from "./entry.ts";
import { isWrongTry } from "./wrong-tries.ts";

/** Bytes that strangers may add to one log in a day: about three thousand refusals. A year of them pushes nothing out. */
export const STRANGER_BYTES_PER_DAY = 1024 * 1024;

/** Records of strangers in an hour for which the disk is waited for: more questions and wrong passwords than a person meets in a day. */
export const STRANGER_KEPT_PER_HOUR = 256;

const HOUR_MS = 60 * 60_000;
const DAY_MS = 24 * HOUR_MS;

/** Acts of which any program can cause any number. Their outcomes are no errors. */
const acts: ReadonlySet<string> = new Set(["app.open", "peer.refused", "policy.denied", "prompt.opened"]);

type Day = { bytes: number; left: number; cancel: () => void };

export type Strangers = {
  /** Whether this one is recorded. Counts it otherwise. `isKept` says that the disk would be waited for. */
  admits(entry: LogEntry, isKept: boolean): boolean;
  /** Adds the bytes of a record. Where it was only counted, a later record has its names. */
  wrote(entry: LogEntry, bytes: number): void;
  /** Records the number of those counted so far. */
  close(): void;
};

/** `leftOut` records that number. */
export function createStrangers(
  clock: Clock,
  leftOut: (count: number) => void,
  bytesPerDay = STRANGER_BYTES_PER_DAY,
): Strangers {
  let day: Day | undefined;
  let hour = { since: momentOf(clock), kept: 0 };

  function end(): void {
    const ended = day;
    day = undefined;
    ended?.cancel();
    if (ended !== undefined && ended.left > 0) leftOut(ended.left);
  }

  function today(): Day {
    day ??= { bytes: 0, left: 0, cancel: clock.after(DAY_MS, end) };
    return day;
  }

  function keptInHour(): number {
    const now = momentOf(clock);
    if (passedMs(now, hour.since) >= HOUR_MS) hour = { since: now, kept: 0 };
    return hour.kept;
  }

  return {
    admits: (entry, isKept) => {
      if (!isTheirs(entry)) return true;
      const own = today();
      if (own.bytes < bytesPerDay && (!isKept || keptInHour() < STRANGER_KEPT_PER_HOUR)) {
        if (isKept) hour.kept++;
        return true;
      }
      own.left++;
      return false;
    },
    wrote: (entry, bytes) => {
      if (isTheirs(entry)) today().bytes += bytes || namedBytes(entry);
    },
    close: end,
  };
}

/** Whether it is a stranger's refusal, or an act that changes nothing. What a person's proof allowed is never left out, and neither is a wrong password. */
function isTheirs({ isStranger, event, outcome }: LogEntry): boolean {
  const isCheap =
    acts.has(event) || Object.hasOwn(errors, outcome) || (event === "prompt.closed" && outcome !== "approved");
  return isCheap && !isWrongTry({ event, outcome }) && isStranger?.() === true;
}

/** Bytes of a character after sealing and base64. */
const SEALED_BYTES = 2;

function namedBytes({ asked = [], names = [] }: LogEntry): number {
  return SEALED_BYTES * [...asked, ...names].reduce((sum, { length }) => sum + length, 0);
}
