// The number of questions that a program may ask without getting a yes. It is counted per family (session leader or cgroup, and executable), since
// each fork is a new process. It is counted once more over all programs, with larger numbers, so that a few rogue families cannot block the
// person's own programs. An approved question costs nothing, so that a script may ask for many secrets one by one. Every other question counts: an
// open one, and for ten minutes after its end a denied, an ignored and a withdrawn one. Otherwise a program could show questions without end by
// withdrawing each of them.
import { PosternError } from "../../protocol/errors.ts";
import { type Clock, type Moment, momentOf, passedMs } from "../host/clock.ts";
import type { Ending } from "./prompt.ts";

/** Open prompts of one family at once. More of them are a flood and no questions. */
export const OPEN_PER_FAMILY = 3;
/** Prompts of one family that are open, or ended without a yes in the last ten minutes. */
export const RECENT_PER_FAMILY = 20;
/** Open prompts of all programs at once. */
export const OPEN_GLOBAL = 24;
/** The same over all programs. */
export const RECENT_GLOBAL = 200;
/** Milliseconds for which a prompt counts after an end without a yes. */
export const RECENT_MS = 600_000;
/** Refusals in a row after which a family must wait. */
export const REFUSALS_BEFORE_COOL_DOWN = 2;
/** Milliseconds that a family waits after that. */
export const COOL_DOWN_MS = 120_000;
/** Remembered families. Past it the least active ones are forgotten. Then only the numbers over all programs limit them. */
export const FAMILIES_MAX = 1_000;

/** `unanswered` has the ends of the prompts that got no yes. */
type Family = { open: number; unanswered: Moment[]; refusals: number; coolingSince: Moment | undefined };

export type Quotas = {
  /** Counts a prompt that will open, or throws promptQuota or coolingDown. */
  opening(family: string): void;
  closed(family: string, ending: Ending): void;
};

export function createQuotas(clock: Clock): Quotas {
  const families = new Map<string, Family>();
  let globalUnanswered: Moment[] = [];
  let globalOpen = 0;

  function familyOf(key: string): Family {
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

  const recent = (moments: Moment[], now: Moment) => moments.filter((moment) => passedMs(now, moment) < RECENT_MS);

  return {
    opening: (key) => {
      const family = familyOf(key);
      const now = momentOf(clock);
      if (family.coolingSince !== undefined && passedMs(now, family.coolingSince) < COOL_DOWN_MS) {
        throw new PosternError("coolingDown", `${COOL_DOWN_MS / 1000} s from the last denial`);
      }
      family.unanswered = recent(family.unanswered, now);
      globalUnanswered = recent(globalUnanswered, now);
      if (family.open >= OPEN_PER_FAMILY)
        throw new PosternError("promptQuota", `${OPEN_PER_FAMILY} may be open at once`);
      if (family.open + family.unanswered.length >= RECENT_PER_FAMILY)
        throw new PosternError("promptQuota", `${RECENT_PER_FAMILY} denied, ignored or open in 10 minutes`);
      if (globalOpen >= OPEN_GLOBAL || globalOpen + globalUnanswered.length >= RECENT_GLOBAL)
        throw new PosternError("promptQuota", "too many programs are asking at once");
      family.open++;
      globalOpen++;
    },
    closed: (key, ending) => {
      const family = familyOf(key);
      family.open = Math.max(0, family.open - 1);
      globalOpen = Math.max(0, globalOpen - 1);
      if (ending === "approved") {
        family.refusals = 0;
        return;
      }
      const now = momentOf(clock);
      family.unanswered.push(now);
      globalUnanswered.push(now);
      if (ending !== "denied") return;
      family.refusals++;
      family.coolingSince = family.refusals >= REFUSALS_BEFORE_COOL_DOWN ? now : undefined;
    },
  };
}
