// Answers of megabytes to one connection. A few bytes of request make one, so what may be held of them is bounded by what the
// peer reads: few are prepared at once, and the next is made when the peer has read all but little of those before it.
import { limits } from "../../protocol/limits.ts";

/** Long answers prepared at once: an account's vaults are fetched side by side, and little is held while a peer does not read. */
export const PREPARED_MAX = 4;

export type LongAnswers = {
  /**
   * Runs `prepare` beside a few others, then what it gave when the peer has read those before. Rejects with the signal's
   * reason where the call is cancelled meanwhile, or its connection ends.
   */
  inTurn<T>(signal: AbortSignal, prepare: () => Promise<() => T | Promise<T>>): Promise<T>;
  /** The peer has read all that was written. */
  wake(): void;
};

/** `unsentBytes` are those of the connection that wait to be sent. */
export function createLongAnswers(unsentBytes: () => number): LongAnswers {
  const preparing = createTurnstile(PREPARED_MAX);
  const making = createTurnstile(1);
  let wake = () => undefined as unknown;

  async function untilRead(signal: AbortSignal): Promise<void> {
    // What was made in the turn before is among what waits to be sent by then.
    await new Promise((resolve) => setImmediate(resolve));
    while (!signal.aborted && unsentBytes() > limits.unsentBytesPause)
      await new Promise((resolve) => {
        wake = () => resolve(undefined);
        signal.addEventListener("abort", wake, { once: true });
      });
    signal.throwIfAborted();
  }

  return {
    inTurn: (signal, prepare) =>
      preparing.pass(signal, async () => {
        const make = await prepare();
        return making.pass(signal, async () => {
          await untilRead(signal);
          return make();
        });
      }),
    wake: () => void wake(),
  };
}

export type Turnstile = { pass<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> };

/** Lets so many work at once, in the order they came; who is cancelled leaves the queue. */
export function createTurnstile(most: number): Turnstile {
  const waiting: (() => void)[] = [];
  let inside = 0;

  function enter(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        waiting.splice(waiting.indexOf(go), 1);
        reject(signal.reason);
      };
      const go = () => {
        signal.removeEventListener("abort", leave);
        inside++;
        resolve();
      };
      if (inside < most) return go();
      waiting.push(go);
      signal.addEventListener("abort", leave, { once: true });
    });
  }

  return {
    pass: async (signal, work) => {
      signal.throwIfAborted();
      await enter(signal);
      try {
        return await work();
      } finally {
        inside--;
        waiting.shift()?.();
      }
    },
  };
}
