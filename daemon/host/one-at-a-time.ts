// Runs work one at a time, in its order. Such work never waits for a person.
import { PosternError } from "../../protocol/errors.ts";

/** Runs a piece of work in its turn. */
export type OneAtATime = <T>(work: () => Promise<T>) => Promise<T>;

/** Runs pieces of work one after another. Throws `busy` when this many wait or run already. */
export function oneAtATime(waitingMax: number): OneAtATime {
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  return (work) => {
    if (waiting >= waitingMax) return Promise.reject(new PosternError("busy"));
    waiting++;
    const done = last.then(work);
    // The next one starts whether this one succeeded or failed. The caller of this one sees its failure.
    last = done.then(
      () => waiting--,
      () => waiting--,
    );
    return done;
  };
}
