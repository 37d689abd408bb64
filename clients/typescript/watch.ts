// client.secrets.watch: the changes of one secret, for `for await`. It is open in the agent from the call on, so that no change is missed
// between a read and the loop. After a restart of the agent it is opened again.
import { setTimeout as wait } from "node:timers/promises";
import type { CallOptions } from "./channel.ts";
import { LockedError } from "./generated.ts";
import { AgentNotRunning } from "./local-error.ts";
import type { OpenWatch } from "./watch-notices.ts";

/** Tells that a secret may have another value. The value is not told: read it. */
export type SecretChange = {
  /** The reference, as it was given. */
  readonly reference: string;
  /** Whether the watch was opened again after the connection was lost. The value may have changed meanwhile, or not. */
  readonly renewed: boolean;
};

/** The changes of a secret. Who reads slowly gets one change for all that came meanwhile. */
export type SecretWatch = AsyncIterableIterator<SecretChange> & {
  /** Ends the watch, here and in the agent. A loop over it ends. */
  return(): Promise<IteratorResult<SecretChange>>;
};

/** Opens a watch in the agent. */
export type Watch = (reference: string, options: CallOptions) => Promise<OpenWatch>;

/** Milliseconds between two looks for an agent that has ended. */
export const RENEW_EVERY_MS = 1_000;

/** Milliseconds in which the next agent must run. A restart takes two seconds. Then the agent itself waits for the person's unlock. */
export const RENEW_MS_MAX = 60_000;

const DONE = { done: true, value: undefined } as const;

/** Begins to watch. The first `next` throws where that failed. */
export function watchSecret(watch: Watch, reference: string, options: CallOptions): SecretWatch {
  const stop = new AbortController();
  const given = options.signal;
  const once = () => watch(reference, { ...options, signal: stop.signal });
  const stopAsGiven = () => stop.abort(given?.reason);
  let isReturned = false;
  let open = begin();
  let turn: Promise<unknown> = open;
  // The next `next` throws it.
  open.catch(() => undefined);

  async function begin(): Promise<OpenWatch> {
    given?.throwIfAborted();
    given?.addEventListener("abort", stopAsGiven, { once: true });
    return once();
  }

  function close(): void {
    isReturned = true;
    given?.removeEventListener("abort", stopAsGiven);
    open.then(
      (one) => one.close(),
      () => undefined,
    );
    stop.abort();
  }

  async function next(): Promise<IteratorResult<SecretChange>> {
    if (isReturned) return DONE;
    try {
      const isSame = await (await open).changed(stop.signal);
      if (!isSame) {
        open = asSoonAsUnlocked(once, stop.signal);
        await open;
      }
      return { done: false, value: { reference, renewed: !isSame } };
    } catch (error) {
      if (isReturned) return DONE;
      const isStopped = stop.signal.aborted;
      close();
      throw isStopped ? stop.signal.reason : error;
    }
  }

  return {
    next: () => {
      const mine = turn.then(next, next);
      turn = mine;
      return mine;
    },
    return: async () => {
      close();
      return DONE;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/** Opens a watch as soon as an agent runs with an unlocked account. */
async function asSoonAsUnlocked(once: () => Promise<OpenWatch>, signal: AbortSignal): Promise<OpenWatch> {
  const untilMs = performance.now() + RENEW_MS_MAX;
  for (;;) {
    try {
      return await once();
    } catch (error) {
      const mayPass = error instanceof AgentNotRunning || error instanceof LockedError;
      if (!mayPass || performance.now() >= untilMs) throw error;
      await wait(RENEW_EVERY_MS, undefined, { signal });
    }
  }
}
