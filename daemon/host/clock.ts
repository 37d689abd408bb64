// The three clocks by which something may be over. Wall time can be set, monotonic time stands still while the machine
// sleeps, boot time does neither but ends with the boot: a deadline counts as passed when any of them says so.

/** Milliseconds of each clock; injected, so that tests advance time instead of sleeping. */
export type Clock = {
  /** Since the Unix epoch. */
  wallMs(): number;
  /** CLOCK_MONOTONIC. */
  monotonicMs(): number;
  /** CLOCK_BOOTTIME: counts through suspend. */
  bootMs(): number;
  /** Runs `act` after `ms`; the returned function calls it off. Does not keep the process alive. */
  after(ms: number, act: () => void): () => void;
};

/** A moment on all three clocks. One is taken for a request and handed on: reading the clocks costs as much as a grant's look-up. */
export type Moment = { readonly wallMs: number; readonly monotonicMs: number; readonly bootMs: number };

/** The present moment. */
export function momentOf(clock: Clock): Moment {
  return { wallMs: clock.wallMs(), monotonicMs: clock.monotonicMs(), bootMs: clock.bootMs() };
}

/** Milliseconds from `since` to `now`, by the clock that says the most. A wall clock set back never makes time longer ago shorter. */
export function elapsedMs(now: Moment, since: Moment): number {
  return Math.max(now.monotonicMs - since.monotonicMs, now.bootMs - since.bootMs, now.wallMs - since.wallMs);
}

/**
 * Milliseconds from `since` to `now` by the clocks that nobody sets: for a wait that holds somebody off, which a wall clock that
 * jumps must neither end nor draw out.
 */
export function passedMs(now: Moment, since: Moment): number {
  return Math.max(now.monotonicMs - since.monotonicMs, now.bootMs - since.bootMs);
}

/** How far the wall clock has fallen behind the monotonic one since `since`, in milliseconds; 0 when it has not. */
export function setBackMs(now: Moment, since: Moment): number {
  const monotonic = now.monotonicMs - since.monotonicMs;
  const wall = now.wallMs - since.wallMs;
  return Math.max(0, monotonic - wall);
}

/** Wall time going back further than this locks: with the clock set back, an expiry shown to a person is no longer true. */
export const SET_BACK_MS_MAX = 60_000;

/** The machine's clocks. `bootMs` comes from the C library; Node does not offer it. */
export function systemClock(bootMs: () => number): Clock {
  return {
    wallMs: () => Date.now(),
    monotonicMs: () => performance.now(),
    bootMs,
    after: (ms, act) => {
      const timer = setTimeout(act, ms).unref();
      return () => clearTimeout(timer);
    },
  };
}
