// The order of statements. Each statement waits for its turn. A seed chooses among all waiting ones that are not blocked. The same seed and
// the same operations give the same order, so that a failure repeats.

/** The most steps of one busy period. A longer one runs in a circle and is reported. */
export const STEPS_MAX = 200_000;

/** Turns of the event loop before a choice. By then each operation has asked for its next statement. */
const TURNS = 3;

/** Tries a step. False where another transaction blocks it. */
type Step = { attempt(): boolean; isHeldUp(): boolean; fail(error: Error): void };

export type Schedule = {
  /** Queues a step. Resolves with its result once it ran. */
  run<T>(step: { attempt(): { done: T } | undefined; isHeldUp(): boolean }): Promise<T>;
};

export function createSchedule(seed: number): Schedule {
  const random = mulberry32(seed);
  const waiting: Step[] = [];
  let pumping = false;

  async function pump(): Promise<void> {
    pumping = true;
    for (let steps = 0; waiting.length > 0; steps++) {
      for (let turn = 0; turn < TURNS; turn++) await new Promise((resolve) => setImmediate(resolve));
      const ready = waiting.filter((step) => !step.isHeldUp());
      const chosen = ready[Math.floor(random() * ready.length)];
      if (chosen === undefined || steps >= STEPS_MAX) {
        const what = chosen === undefined ? "all wait for each other" : `more than ${STEPS_MAX} steps`;
        for (const step of waiting.splice(0)) step.fail(new Error(`the schedule does not end: ${what}`));
        break;
      }
      if (chosen.attempt()) waiting.splice(waiting.indexOf(chosen), 1);
    }
    pumping = false;
  }

  return {
    run: (step) =>
      new Promise((resolve, reject) => {
        waiting.push({
          isHeldUp: step.isHeldUp,
          fail: reject,
          attempt: () => {
            try {
              const outcome = step.attempt();
              if (outcome !== undefined) resolve(outcome.done);
              return outcome !== undefined;
            } catch (error) {
              reject(error);
              return true;
            }
          },
        });
        if (!pumping) void pump();
      }),
  };
}

/** A small generator of numbers in [0, 1) from a seed. */
export function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
