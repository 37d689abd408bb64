// The choice that a question offers beside itself: what a person chose for this program before, the account for a program's client, or the
// whole vault from the third question of a burst on. It is only offered. The question stays as narrow as it was asked, until the person takes
// the offer before the proof.
import { type Clock, type Moment, momentOf, passedMs } from "../host/clock.ts";
import type { Subject } from "../peer/subject.ts";
import type { Choice } from "./prompt.ts";

/** Questions of one holder of grants in BURST_MS after which a wider one is offered. Two may be two errands. */
export const BURST = 3;
/** Milliseconds of a burst. */
export const BURST_MS = 10 * 60_000;
/** Remembered programs, and remembered holders. Past it the oldest one is forgotten, and nothing is offered to it. */
export const REMEMBERED_MAX = 1_000;

/** `place` is the account, or the asker's own word for it. */
type Question = { readonly subject: Subject; readonly place: string; readonly isClient: boolean };

/** As the official app asks for a program: to read and change, for the process. Where the question is about changing, the account is enough. */
const ofClient: readonly Choice[] = [{ width: "account", verb: "write" }, { width: "account" }];

export type Offers = {
  /** What a question offers. `fits` says whether a choice fits it. Called once for each question. */
  next(question: Question, fits: (choice: Choice) => boolean): Choice | undefined;
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
    next: ({ subject, place, isClient }, fits) => {
      const isThird = isBurst(subject.key);
      const before = chosen.get(programOf(subject, place));
      if (before !== undefined && fits(before)) return before;
      const whole = isClient ? ofClient.find(fits) : undefined;
      if (whole !== undefined) return whole;
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
