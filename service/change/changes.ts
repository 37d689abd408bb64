// Wakes requests that wait for changes of an account. Holds no events, only those who wait; the events are rows.

export type Changes = {
  /** Wakes everyone who waits for this account. */
  announce(account: string): void;
  /** Resolves at the next announcement, after `ms`, or when the signal aborts, whichever comes first. */
  wait(account: string, ms: number, signal: AbortSignal): Promise<void>;
};

export function createChanges(): Changes {
  const waiting = new Map<string, Set<() => void>>();
  return {
    announce: (account) => {
      for (const wake of waiting.get(account) ?? []) wake();
    },
    wait: (account, ms, signal) =>
      new Promise((resolve) => {
        const wakers = waiting.get(account) ?? new Set();
        waiting.set(account, wakers);
        const timer = setTimeout(wake, ms);
        function wake() {
          clearTimeout(timer);
          signal.removeEventListener("abort", wake);
          wakers.delete(wake);
          if (wakers.size === 0) waiting.delete(account);
          resolve();
        }
        wakers.add(wake);
        signal.addEventListener("abort", wake, { once: true });
        if (signal.aborted) wake();
      }),
  };
}
