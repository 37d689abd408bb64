// The times at which an unlocked account locks by itself: after ten idle minutes, after twelve hours, after the machine's sleep, and when the
// wall clock was set back.
import { elapsedMs, type Moment, SET_BACK_MS_MAX, setBackMs } from "../host/clock.ts";
import type { Unlocked } from "./unlocked.ts";

/** Milliseconds without activity after which an account locks. */
export const IDLE_MS = 10 * 60_000;

/** Milliseconds after which an unlocked account locks in any case. */
export const UNLOCKED_MS_MAX = 12 * 60 * 60_000;

/** Boot time running ahead of monotonic time by this many milliseconds means that the machine slept. */
export const SUSPENDED_MS = 5_000;

/** Whether an account must be locked by now. */
export function isOver(
  { unlockedAt, lastActivity }: Pick<Unlocked, "unlockedAt" | "lastActivity">,
  now: Moment,
): boolean {
  const slept = now.bootMs - unlockedAt.bootMs - (now.monotonicMs - unlockedAt.monotonicMs);
  return (
    elapsedMs(now, lastActivity) > IDLE_MS ||
    elapsedMs(now, unlockedAt) > UNLOCKED_MS_MAX ||
    setBackMs(now, unlockedAt) > SET_BACK_MS_MAX ||
    slept > SUSPENDED_MS
  );
}
