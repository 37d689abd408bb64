// Work that is done one at a time, in the order it came, by machines only: no person is ever awaited in one.
import { PosternError } from "../../protocol/errors.ts";

/** Runs works one after another. Throws `busy` when this many wait or run already. */
export function oneAtATime(waitingMax: number): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  return (work) => {
    if (waiting >= waitingMax) return Promise.reject(new PosternError("busy"));
    waiting++;
    const done = last.then(work);
    // The next one starts whether this one succeeded or not; its failure is its own caller's to see.
    last = done.then(
      () => waiting--,
      () => waiting--,
    );
    return done;
  };
}
