// A clock that stands still until a test moves it. Then it runs everything that was due.
import type { Clock } from "../../../daemon/host/clock.ts";

export type FakeClock = Clock & {
  /** Advances all three clocks. */
  advance(ms: number): void;
  /** Sets only the wall clock, as a person or NTP does. */
  setWall(ms: number): void;
  /** Lets the machine sleep. Boot and wall time go on, monotonic time does not. */
  sleep(ms: number): void;
  isDueWithin(ms: number): boolean;
};

export function fakeClock(): FakeClock {
  let wall = Date.parse("2026-11-24T09:00:00Z");
  let monotonic = 1_000;
  let boot = 1_000;
  let due: { at: number; act: () => void }[] = [];
  return {
    wallMs: () => wall,
    monotonicMs: () => monotonic,
    bootMs: () => boot,
    after: (ms, act) => {
      const entry = { at: monotonic + ms, act };
      due.push(entry);
      return () => {
        due = due.filter((other) => other !== entry);
      };
    },
    advance: (ms) => {
      const until = monotonic + ms;
      for (;;) {
        const next = due.filter((entry) => entry.at <= until).sort((a, b) => a.at - b.at)[0];
        if (next === undefined) break;
        due = due.filter((entry) => entry !== next);
        const step = next.at - monotonic;
        wall += step;
        boot += step;
        monotonic = next.at;
        next.act();
      }
      wall += until - monotonic;
      boot += until - monotonic;
      monotonic = until;
    },
    setWall: (ms) => {
      wall = ms;
    },
    isDueWithin: (ms) => due.some((entry) => entry.at <= monotonic + ms),
    sleep: (ms) => {
      wall += ms;
      boot += ms;
    },
  };
}
