// Follows what others change in an unlocked account, so that the cache never answers what is no longer true: the service
// is asked to tell of changes as long as the account is unlocked. While it cannot be reached, cached answers go on,
// marked stale, up to a limit.
import type { Change } from "../clients/account/open-account.ts";
import { PosternError } from "../protocol/errors.ts";
import type { Clock } from "./clock.ts";
import type { Log } from "./log.ts";
import type { Unlocked } from "./unlocked.ts";

/** Milliseconds that cached answers go on while the service cannot be reached. */
export const STALE_MS_MAX = 15 * 60_000;

/** Milliseconds before the service is asked again, doubling up to the second number. */
const RETRY_MS = 500;
const RETRY_MS_MAX = 15_000;

export type Follower = {
  /** Whether the service could not be asked just now. */
  readonly isStale: boolean;
  stop(): void;
};

/** Told of each change, after the cache has forgotten what it concerns; and that the service lets us in no more. */
export type Heard = { changed(change: Change): void; shutOut(): void };

/** The service's word that this device was removed, its password changed elsewhere, or its token ended. */
const isShutOut = (error: unknown) =>
  error instanceof PosternError && ["deviceRemoved", "wrongCredentials", "tokenRefused"].includes(error.name);

/** Starts following. */
export function followChanges(unlocked: Unlocked, clock: Clock, log: Log, heard: Heard): Follower {
  const abort = new AbortController();
  let staleSinceMs: number | undefined;

  function take(change: Change): void {
    if (change.kind === "vault") unlocked.account.forgetVaults();
    if (change.kind === "group") unlocked.account.groups.forget();
    if (change.vault === undefined) unlocked.cache.clear();
    else if (change.item === undefined) unlocked.cache.dropVault(change.vault);
    else unlocked.cache.dropItem(change.vault, change.item, change.tag);
    heard.changed(change);
  }

  async function follow(): Promise<void> {
    let cursor: number | undefined;
    let retryMs = RETRY_MS;
    while (!abort.signal.aborted) {
      try {
        const news = await unlocked.account.changes(cursor, abort.signal);
        // What happened while nobody could tell us is unknown, at the start too: begin with an empty cache.
        if (cursor === undefined) unlocked.cache.clear();
        else for (const change of news.changes) take(change);
        cursor = news.cursor;
        staleSinceMs = undefined;
        retryMs = RETRY_MS;
      } catch (error) {
        if (abort.signal.aborted) return;
        if (isShutOut(error)) return heard.shutOut();
        // Any other failure means the same here: we do not know what changed. Reads that need the service tell their caller.
        staleSinceMs ??= clock.monotonicMs();
        if (clock.monotonicMs() - staleSinceMs > STALE_MS_MAX) {
          unlocked.cache.clear();
          unlocked.account.forgetVaults();
          cursor = undefined;
        }
        await pause(retryMs);
        retryMs = Math.min(RETRY_MS_MAX, retryMs * 2);
      }
    }
  }

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = clock.after(ms, resolve);
      abort.signal.addEventListener("abort", () => {
        cancel();
        resolve();
      });
    });
  }

  follow().catch((error: unknown) => log.incident("changes", error));
  return {
    get isStale() {
      return staleSinceMs !== undefined;
    },
    stop: () => abort.abort(),
  };
}
