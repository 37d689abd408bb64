// How often a program may have the app opened. Each way in is a file, and a session that may ask.
import { PosternError } from "../../protocol/errors.ts";
import { type Clock, type Moment, momentOf, passedMs } from "../host/clock.ts";

/** Openings of one family of programs in a minute. A person who presses a key again and again needs no more. */
export const OPENINGS_MAX = 10;

/** Openings of all programs without a yes in a minute. They gain nothing by forks, and leave half to the person's own commands. */
export const STRANGER_OPENINGS_MAX = 20;

/** Openings of all programs in a minute. Fewer than there are places for codes, so that nobody pushes out another's. */
export const ALL_OPENINGS_MAX = 40;

/** Milliseconds for which an opening counts: as long as its code. */
export const OPENING_MS = 60_000;

export type Openings = {
  /** Counts one. Throws tryLater. */
  demand(family: string, isStranger: boolean): void;
};

export function createOpenings(clock: Clock): Openings {
  let recent: { readonly family: string; readonly isStranger: boolean; readonly at: Moment }[] = [];
  return {
    demand: (family, isStranger) => {
      const now = momentOf(clock);
      recent = recent.filter(({ at }) => passedMs(now, at) < OPENING_MS);
      const own = recent.filter((one) => one.family === family).length;
      const strangers = recent.filter((one) => one.isStranger).length;
      if (
        own >= OPENINGS_MAX ||
        recent.length >= ALL_OPENINGS_MAX ||
        (isStranger && strangers >= STRANGER_OPENINGS_MAX)
      )
        throw new PosternError("tryLater", "the app was opened too often in this minute");
      recent.push({ family, isStranger, at: now });
    },
  };
}
