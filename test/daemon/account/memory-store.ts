// The store of accounts in memory, and how each account learns of another's changes.
import type { VaultOverview } from "../../../daemon/account/account.ts";
import type { AccountItem } from "../../../daemon/account/account-item.ts";
import type { Change, Feed } from "../../../daemon/account/capabilities.ts";
import { memoryId } from "./memory-id.ts";

export type Vault = { overview: VaultOverview; readonly items: Map<string, AccountItem[]> };

/** Everything in memory. An item has all its versions, oldest first. */
export type MemoryStore = {
  readonly id: string;
  readonly vaults: Map<string, Vault>;
  readonly files: Map<string, Uint8Array[]>;
  readonly changes: Change[];
  /** Called after each change. */
  readonly followers: Set<() => void>;
};

export const memoryStore = (id = memoryId()): MemoryStore => ({
  id,
  vaults: new Map(),
  files: new Map(),
  changes: [],
  followers: new Set(),
});

/** Records a change and calls all followers. */
export function tell(store: MemoryStore, change: Omit<Change, "seq">): void {
  store.changes.push({ ...change, seq: store.changes.length + 1 });
  for (const follower of store.followers) follower();
}

export function feedOf(store: MemoryStore): Feed {
  return {
    follow: () => {
      let seq: number | undefined;
      return {
        next: async (signal, waitMs = 30_000) => {
          const isFirst = seq === undefined;
          const from = seq ?? store.changes.length;
          if (!isFirst && from === store.changes.length && waitMs > 0) await told(store, signal);
          seq = store.changes.length;
          return { changes: store.changes.slice(from), ...(isFirst ? { first: true } : {}) };
        },
      };
    },
    forget: () => undefined,
    onAnswered: () => undefined,
  };
}

function told({ followers }: MemoryStore, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const abort = () => reject(signal.reason);
  followers.add(resolve);
  signal.addEventListener("abort", abort);
  return promise.finally(() => {
    followers.delete(resolve);
    signal.removeEventListener("abort", abort);
  });
}
