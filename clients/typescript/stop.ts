// The deadline and the signal of a call, for all of its steps: connecting, asking, and asking once more.
import { afterDeadline, type CallOptions, reasonOf, type StopSignal } from "./channel.ts";
import { TimedOut } from "./local-error.ts";

/** What stops a call. `done` ends the watch. */
export type Stop = { readonly signal: StopSignal | undefined; done(): void };

/** One signal for the caller's signal and the caller's deadline. Throws where the signal has stopped the call already. */
export function stopOf({ signal, deadlineMs }: CallOptions): Stop {
  signal?.throwIfAborted();
  if (deadlineMs === undefined) return { signal, done: () => undefined };
  const own = new AbortController();
  const onAbort = () => own.abort(signal?.reason);
  const forget = afterDeadline(deadlineMs, () => own.abort(new TimedOut(deadlineMs)));
  signal?.addEventListener("abort", onAbort, { once: true });
  return {
    signal: own.signal,
    done: () => {
      forget();
      signal?.removeEventListener("abort", onAbort);
    },
  };
}

/** The outcome of work that several calls may wait for. A stopped call waits no longer, and the work goes on. */
export function untilStopped<T>(work: Promise<T>, signal: StopSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const stop = () => reject(reasonOf(signal));
    // First, so that a later failure of the work has somebody who hears it.
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
    signal.throwIfAborted();
    signal.addEventListener("abort", stop, { once: true });
  });
}
