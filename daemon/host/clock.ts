// The three clocks for deadlines. Wall time can be set. Monotonic time stands still while the machine sleeps. Boot time does neither, but
// ends with the boot. A deadline has passed when any of them says so.

/** Milliseconds of each clock. Injected, so that tests advance the time and do not sleep. */
export type Clock = {
  /** Since the Unix epoch. */
  wallMs(): number;
  /** CLOCK_MONOTONIC. */
  monotonicMs(): number;
  /** CLOCK_BOOTTIME: counts through suspend. */
  bootMs(): number;
  /** Runs `act` after `ms`. The returned function cancels it. It does not keep the process alive. */
  after(ms: number, act: () => void): () => void;
};

/** A moment on all three clocks. It is read once for a request and passed on, since reading the clocks costs as much as finding a grant. */
export type Moment = { readonly wallMs: number; readonly monotonicMs: number; readonly bootMs: number };

/** The present moment. */
export function momentOf(clock: Clock): Moment {
  return { wallMs: clock.wallMs(), monotonicMs: clock.monotonicMs(), bootMs: clock.bootMs() };
}

/** Milliseconds from `since` to `now`, by the clock that says the most. Setting the wall clock back never shortens the time. */
export function elapsedMs(now: Moment, since: Moment): number {
  return Math.max(now.monotonicMs - since.monotonicMs, now.bootMs - since.bootMs, now.wallMs - since.wallMs);
}

/**
 * Milliseconds from `since` to `now` by the clocks that nobody can set. For delays after a wrong try: a jump of the wall clock must
 * neither shorten nor lengthen them.
 */
export function passedMs(now: Moment, since: Moment): number {
  return Math.max(now.monotonicMs - since.monotonicMs, now.bootMs - since.bootMs);
}

/** Milliseconds by which the wall clock has fallen behind the monotonic one since `since`, or 0. */
export function setBackMs(now: Moment, since: Moment): number {
  const monotonic = now.monotonicMs - since.monotonicMs;
  const wall = now.wallMs - since.wallMs;
  return Math.max(0, monotonic - wall);
}

/** The agent locks when wall time goes back further than this: an expiry that a person saw would no longer be true. */
export const SET_BACK_MS_MAX = 60_000;

/** The machine's clocks. `bootMs` comes from the C library, since Node lacks it. */
export function systemClock(bootMs: () => number): Clock {
  return {
    wallMs: () => Date.now(),
    monotonicMs: () => {
      // Not performance.now(): its module takes 2 ms of the start.
      const [seconds, nanoseconds] = process.hrtime();
      return seconds * 1_000 + nanoseconds / 1e6;
    },
    bootMs,
    after: (ms, act) => {
      const timer = setTimeout(act, ms).unref();
      return () => clearTimeout(timer);
    },
  };
}
