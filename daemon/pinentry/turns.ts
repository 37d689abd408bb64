// Places where one question at a time is asked: the one window, and each terminal. Who waits for a place keeps nobody else waiting, and stops
// waiting with its prompt.

/** Questions that are shown at once, in all places together. Each one is a program with a window or a terminal. */
export const SHOWN_MAX = 8;

export type Turns = {
  /** Waits for the place. Returns the function that gives it back, or undefined where the signal came first. */
  take(place: string, signal: AbortSignal): Promise<(() => void) | undefined>;
  /** Whether a question is asked there now. */
  isTaken(place: string): boolean;
};

type Waiting = { readonly place: string; begin(): void };

export function createTurns(): Turns {
  const taken = new Set<string>();
  const waiting = new Set<Waiting>();

  function give(place: string): void {
    taken.delete(place);
    // The longest waiting one that can begin. A set keeps their order.
    for (const one of waiting) {
      if (taken.size >= SHOWN_MAX) return;
      if (taken.has(one.place)) continue;
      waiting.delete(one);
      one.begin();
    }
  }

  return {
    isTaken: (place) => taken.has(place),
    take: (place, signal) =>
      new Promise((resolve) => {
        const begin = () => {
          signal.removeEventListener("abort", leave);
          taken.add(place);
          let given = false;
          resolve(() => {
            if (!given) give(place);
            given = true;
          });
        };
        const one: Waiting = { place, begin };
        const leave = () => {
          waiting.delete(one);
          resolve(undefined);
        };
        if (signal.aborted) return resolve(undefined);
        if (!taken.has(place) && taken.size < SHOWN_MAX) return begin();
        waiting.add(one);
        signal.addEventListener("abort", leave, { once: true });
      }),
  };
}
