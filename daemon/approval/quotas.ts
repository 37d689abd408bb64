// The number of questions that a program may ask without getting a yes. It is counted per family (session leader or cgroup, and executable), since
// each fork is a new process. It is counted once more over all of a room (rooms.ts), with larger numbers: programs with a yes and commands at a
// terminal have rooms of their own, so that no number of rogue families can block them. An approved question costs nothing, so that a script may ask for many secrets one by one. Every other question counts: an
// open one, and for ten minutes after its end a denied, an ignored and a withdrawn one. Otherwise a program could show questions without end by
// withdrawing each of them.
import { PosternError } from "../../protocol/errors.ts";
import { type Clock, type Moment, momentOf, passedMs } from "../host/clock.ts";
import type { Ending } from "./prompt.ts";
import type { Room } from "./rooms.ts";

/** Open prompts of one family at once. More of them are a flood and no questions. */
export const OPEN_PER_FAMILY = 3;
/** Prompts of one family that are open, or ended without a yes in the last ten minutes. */
export const RECENT_PER_FAMILY = 20;
/** Open prompts of all strangers at once: of four programs that ask as often as they may. */
export const OPEN_STRANGERS = 12;
/** Prompts of all strangers that are open, or ended without a yes in the last ten minutes: of four programs too. */
export const RECENT_STRANGERS = 80;
/** The same of all programs with a yes, and once more of all commands at a terminal. */
export const OPEN_OF_ROOM = 24;
export const RECENT_OF_ROOM = 200;
/** Milliseconds for which a prompt counts after an end without a yes. */
export const RECENT_MS = 600_000;
/** Refusals in a row after which a family must wait. */
export const REFUSALS_BEFORE_COOL_DOWN = 2;
/** Milliseconds that a family waits after that. */
export const COOL_DOWN_MS = 120_000;
/** Remembered families. Past it the least active ones are forgotten. Then only the numbers of their room limit them. */
export const FAMILIES_MAX = 1_000;

/** `unanswered` has the ends of the prompts that got no yes. */
type Family = { open: number; unanswered: Moment[]; refusals: number; coolingSince: Moment | undefined };

/** The prompts of all families in a room. */
type Whole = { readonly openMax: number; readonly recentMax: number; open: number; unanswered: Moment[] };

export type Quotas = {
  /** Counts a prompt that will open, or throws promptQuota or coolingDown. */
  opening(family: string, room?: Room): void;
  /** `room` is that of its opening. */
  closed(family: string, ending: Ending, room?: Room): void;
};

const wholeOf = (openMax: number, recentMax: number): Whole => ({ openMax, recentMax, open: 0, unanswered: [] });

const keyOf = (room: Room, family: string) => `${room}|${family}`;

export function createQuotas(clock: Clock): Quotas {
  const families = new Map<string, Family>();
  const wholes: Record<Room, Whole> = {
    known: wholeOf(OPEN_OF_ROOM, RECENT_OF_ROOM),
    terminal: wholeOf(OPEN_OF_ROOM, RECENT_OF_ROOM),
    strangers: wholeOf(OPEN_STRANGERS, RECENT_STRANGERS),
  };

  /** A family has a count in each room: what strangers of it do takes nothing from its program with a yes. */
  function familyOf(name: string, room: Room): Family {
    const key = keyOf(room, name);
    const known = families.get(key);
    if (known !== undefined) {
      // Re-inserted, so that the map's order is the order of use.
      families.delete(key);
      families.set(key, known);
      return known;
    }
    if (families.size >= FAMILIES_MAX) forgetQuietest();
    const made: Family = { open: 0, unanswered: [], refusals: 0, coolingSince: undefined };
    families.set(key, made);
    return made;
  }

  function forgetQuietest(): void {
    const quiet = [...families].find(([, family]) => family.open === 0);
    if (quiet !== undefined) families.delete(quiet[0]);
  }

  /** A yes ends the family's series of refusals in each room: the next question may be counted in another one. */
  function endSeries(name: string): void {
    for (const room of Object.keys(wholes)) {
      const family = families.get(keyOf(room as Room, name));
      if (family !== undefined) family.refusals = 0;
    }
  }

  const recent = (moments: Moment[], now: Moment) => moments.filter((moment) => passedMs(now, moment) < RECENT_MS);

  return {
    opening: (name, room = "strangers") => {
      const family = familyOf(name, room);
      const whole = wholes[room];
      const now = momentOf(clock);
      if (family.coolingSince !== undefined && passedMs(now, family.coolingSince) < COOL_DOWN_MS) {
        throw new PosternError("coolingDown", `${COOL_DOWN_MS / 1000} s from the last denial`);
      }
      family.unanswered = recent(family.unanswered, now);
      whole.unanswered = recent(whole.unanswered, now);
      if (family.open >= OPEN_PER_FAMILY)
        throw new PosternError("promptQuota", `${OPEN_PER_FAMILY} may be open at once`);
      if (family.open + family.unanswered.length >= RECENT_PER_FAMILY)
        throw new PosternError("promptQuota", `${RECENT_PER_FAMILY} denied, ignored or open in 10 minutes`);
      if (whole.open >= whole.openMax || whole.open + whole.unanswered.length >= whole.recentMax)
        throw new PosternError("promptQuota", "too many programs are asking at once");
      family.open++;
      whole.open++;
    },
    closed: (name, ending, room = "strangers") => {
      const family = familyOf(name, room);
      const whole = wholes[room];
      family.open = Math.max(0, family.open - 1);
      whole.open = Math.max(0, whole.open - 1);
      if (ending === "approved") return endSeries(name);
      const now = momentOf(clock);
      family.unanswered.push(now);
      whole.unanswered.push(now);
      if (ending !== "denied") return;
      family.refusals++;
      family.coolingSince = family.refusals >= REFUSALS_BEFORE_COOL_DOWN ? now : undefined;
    },
  };
}
