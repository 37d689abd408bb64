// The choice that a question offers beside itself: what a person chose for this program before, or the whole vault from the third question of
// a burst on. It is only offered. The question stays as narrow as it was asked, until the person takes the offer before the proof.
import { type Clock, type Moment, momentOf, passedMs } from "../host/clock.ts";
import type { Subject } from "../peer/subject.ts";
import type { Choice } from "./prompt.ts";

/** Questions of one holder of grants in BURST_MS after which a wider one is offered. Two may be two errands. */
export const BURST = 3;
/** Milliseconds of a burst. */
export const BURST_MS = 10 * 60_000;
/** Remembered programs, and remembered holders. Past it the oldest one is forgotten, and nothing is offered to it. */
export const REMEMBERED_MAX = 1_000;

export type Offers = {
  /** What a question of this subject offers. `place` is the account, or the asker's own word for it. `fits` says whether a choice fits the question. Called once for each question. */
  next(subject: Subject, place: string, fits: (choice: Choice) => boolean): Choice | undefined;
  /** A person has said yes with this choice. An empty one is forgotten. */
  chose(subject: Subject, place: string, choice: Choice): void;
};

export function createOffers(clock: Clock): Offers {
  const chosen = new Map<string, Choice>();
  const asked = new Map<string, Moment[]>();

  function isBurst(key: string): boolean {
    const now = momentOf(clock);
    const recent = (asked.get(key) ?? []).filter((moment) => passedMs(now, moment) < BURST_MS);
    put(asked, key, [...recent, now].slice(-BURST));
    return recent.length >= BURST - 1;
  }

  return {
    next: (subject, place, fits) => {
      const isThird = isBurst(subject.key);
      const before = chosen.get(programOf(subject, place));
      if (before !== undefined && fits(before)) return before;
      const wider: Choice = { width: "vault" };
      return isThird && fits(wider) ? wider : undefined;
    },
    chose: (subject, place, choice) => {
      const program = programOf(subject, place);
      if (Object.keys(choice).length === 0) chosen.delete(program);
      else put(chosen, program, choice);
    },
  };
}

function put<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  const [oldest] = map.keys();
  if (map.size >= REMEMBERED_MAX && oldest !== undefined) map.delete(oldest);
  map.set(key, value);
}

/** The next run of the same program, or another terminal of the same shell, is offered the same. */
const programOf = ({ kind, program, script }: Subject, place: string) =>
  JSON.stringify([place, kind, program, script ?? ""]);
