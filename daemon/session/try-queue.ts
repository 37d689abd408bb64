// The queue of typed tries of one account: PINs and passwords, one at a time, since each needs an Argon2id. A program that tries in a loop must not keep the
// person at a terminal from the right one: of all programs without a terminal one try waits, and of each terminal one. Older terminals come first, since a
// program can open new ones as it likes.
import { PosternError } from "../../protocol/errors.ts";
import type { TryPlace } from "./try-place.ts";

/** Tries of one account that may wait. At half a second each, the last one is done within three seconds. */
export const TRIES_WAITING_MAX = 4;

/**
 * Does `work` in turn. Throws `busy` where a try of this place waits already, and for the newest place where too many wait. `demand` is asked before a wait, so
 * that a try whose time has not come takes nobody's place.
 */
export type TryQueue = <T>(place: TryPlace, demand: () => void, work: () => Promise<T>) => Promise<T>;

type Waiting = { readonly place: TryPlace; readonly start: () => void; readonly refuse: (error: PosternError) => void };

export function createTryQueue(): TryQueue {
  const waiting: Waiting[] = [];
  let isRunning = false;

  function end(): void {
    const next = waiting.shift();
    isRunning = next !== undefined;
    next?.start();
  }

  /** Fulfilled when the turn has come. */
  function turn(place: TryPlace): Promise<void> {
    if (waiting.some((one) => one.place?.terminal === place?.terminal))
      return Promise.reject(
        new PosternError("busy", "another try of this terminal, or of a program without one, waits"),
      );
    return new Promise((start, refuse) => {
      const at = waiting.findIndex((one) => age(one.place) > age(place));
      waiting.splice(at === -1 ? waiting.length : at, 0, { place, start, refuse });
      if (waiting.length > TRIES_WAITING_MAX)
        waiting.pop()?.refuse(new PosternError("busy", "tries of older terminals wait"));
    });
  }

  return async (place, demand, work) => {
    if (isRunning) {
      demand();
      await turn(place);
    }
    isRunning = true;
    try {
      return await work();
    } finally {
      end();
    }
  };
}

/** A program without a terminal comes last. */
const age = (place: TryPlace): number => place?.sinceTicks ?? Number.POSITIVE_INFINITY;
