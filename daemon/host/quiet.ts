// Gives memory back to the system when the agent has worked and then rests. V8 and the C library keep what they once needed, in case that they need it again;
// an agent that was busy for a minute would hold 200 MB for the rest of the day.
import { readFileSync } from "node:fs";
import type { Clock } from "./clock.ts";
import { readOnlyFileRanges } from "./file-pages.ts";
import type { Native } from "./native.ts";

/** Milliseconds between two looks at the work done: a wake in ten seconds costs no battery, and what is kept for so long hinders nobody. */
export const LOOK_MS = 10_000;

/** Milliseconds of processor time between two looks up to which the agent rests: a hundredth. A resolve takes a fifth of one. */
export const RESTING_MS_MAX = 100;

/** Milliseconds of processor time since the last time up to which there is nothing to give back. Giving back takes a tenth of it to a half. */
export const WORKED_MS_MIN = 250;

export type QuietParts = {
  readonly clock: Pick<Clock, "after">;
  /** Milliseconds of processor time that the agent has used. */
  readonly usedMs: () => number;
  readonly giveBack: () => void;
  readonly failed: (thrown: unknown) => void;
};

/** Looks from time to time, for as long as the process lives, and calls `giveBack` at the first look of a rest. */
export function whenQuiet({ clock, usedMs, giveBack, failed }: QuietParts): void {
  // Undefined after giving back, since V8 ends that work within the next seconds. Otherwise one time would bring the next.
  let given: number | undefined = Number.NEGATIVE_INFINITY;
  let seen = usedMs();

  function look(): void {
    const now = usedMs();
    const isResting = now - seen <= RESTING_MS_MAX;
    seen = now;
    given ??= now;
    if (isResting && now - given >= WORKED_MS_MIN) {
      try {
        giveBack();
      } catch (thrown) {
        failed(thrown);
      }
      given = undefined;
      seen = usedMs();
    }
    clock.after(LOOK_MS, look);
  }

  clock.after(LOOK_MS, look);
}

/** Processor time of the thread that serves requests. V8's own threads work when they like. */
export function processorMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

/**
 * Gives back what V8 and the C library keep of freed memory, and the pages of files that only the start needed. A page that is needed again comes from
 * the file.
 */
export function giveBackMemory(native: Pick<Native, "trimHeap" | "forgetPages">, collect: () => void): void {
  // Read first, since it leaves garbage too.
  const ranges = readOnlyFileRanges(readFileSync("/proc/self/smaps", "latin1"));
  collect();
  native.trimHeap();
  for (const range of ranges) native.forgetPages(range);
}
