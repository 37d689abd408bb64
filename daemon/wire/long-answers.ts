// Answers of megabytes to one connection. A few bytes of request can cause one. So the peer's reading bounds them: few are prepared at once,
// and the next one is made after the peer has read nearly all of those before.

import { limits } from "../../protocol/limits.ts";
import type { LongAnswers } from "../call/long-answers.ts";

/** Long answers that are prepared at once. An account's vaults are then fetched in parallel, and little is held for a peer that does not read. */
export const PREPARED_MAX = 4;

/** `unsentBytes` returns the connection's bytes that wait to be sent. */
export function createLongAnswers(unsentBytes: () => number): LongAnswers {
  const preparing = createTurnstile(PREPARED_MAX);
  const making = createTurnstile(1);
  let wake = () => undefined as unknown;

  async function untilRead(signal: AbortSignal): Promise<void> {
    // By then, an answer of the turn before is among the unsent bytes.
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

/** Lets so many pieces of work run at once, in their order. A cancelled one leaves the queue. */
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
