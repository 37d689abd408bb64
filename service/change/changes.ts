// Wakes requests that wait for changes of an account, made here or by another process. It keeps the waiting requests and no
// events; events are rows.
import type { Store } from "../store/store.ts";

export type Changes = {
  /** Wakes every request that waits for this account. */
  announce(account: string): void;
  /** Resolves at the next announcement, after `ms`, or when the signal aborts, whichever comes first. */
  wait(account: string, ms: number, signal: AbortSignal): Promise<void>;
};

export function createChanges(store: Pick<Store, "follow">): Changes {
  const waiting = new Map<string, Set<() => void>>();
  let stopFollowing: (() => void) | undefined;
  const announce = (account: string) => {
    for (const wake of waiting.get(account) ?? []) wake();
  };
  const wakeFollowers = (account: string | undefined) => {
    for (const one of account === undefined ? [...waiting.keys()] : [account]) announce(one);
  };
  return {
    announce,
    wait: (account, ms, signal) =>
      new Promise((resolve) => {
        const wakers = waiting.get(account) ?? new Set();
        waiting.set(account, wakers);
        stopFollowing ??= store.follow(wakeFollowers);
        const timer = setTimeout(wake, ms);
        function wake() {
          clearTimeout(timer);
          signal.removeEventListener("abort", wake);
          wakers.delete(wake);
          if (wakers.size === 0) waiting.delete(account);
          if (waiting.size === 0) {
            stopFollowing?.();
            stopFollowing = undefined;
          }
          resolve();
        }
        wakers.add(wake);
        signal.addEventListener("abort", wake, { once: true });
        if (signal.aborted) wake();
      }),
  };
}
