// Follows the changes of others in an unlocked account, so that the cache never gives an outdated answer. The agent asks the service for
// changes all the time. While the service cannot be reached, cached answers continue, marked stale, up to a limit. Where an older copy of its
// store was put back, everything read before is forgotten at once.
import { PosternError } from "../../protocol/errors.ts";
import { type Clock, type Moment, momentOf } from "../host/clock.ts";
import type { Log } from "../host/log.ts";
import type { Change, Feed, News, Replaced } from "./capabilities.ts";
import type { Opened } from "./opened.ts";

/** Milliseconds for which cached answers continue while the service cannot be reached. */
export const STALE_MS_MAX = 15 * 60_000;

/**
 * Milliseconds before the service is asked again, doubling up to the second number. A service that comes back may have an older store, and
 * the cache gives old answers until it is asked.
 */
const RETRY_MS = 500;
export const RETRY_MS_MAX = 2_000;

/** Answers that are taken at once. After them, one is taken in so many milliseconds. An honest service answers only with news or after a while. */
export const QUICK_ANSWERS_MAX = 100;
export const ANSWER_MS_MIN = 50;

/** Whether the service answered the last request, and the time since when that is so. */
export type Link = { readonly state: "asking" | "reached" | "unreached"; readonly since: Moment };

/** The parts of the agent that following needs. */
type Around = { readonly clock: Clock; readonly log: Log };

export type Follower = {
  readonly link: Link;
  stop(): void;
};

/**
 * Called for each change, after the cache has removed the entries that it concerns. Also called when the store was replaced, after
 * everything was forgotten, and when the service no longer lets the agent in.
 */
export type Heard = {
  /** The feed begins, and earlier changes are unknown. */
  begun(): void;
  changed(change: Change): void;
  replaced(how: Replaced): void;
  shutOut(): void;
};

/** The service's answers that this device was removed, its password changed elsewhere, or its token ended. */
const isShutOut = (error: unknown) =>
  error instanceof PosternError && ["deviceRemoved", "wrongCredentials", "tokenRefused"].includes(error.name);

/** The service's store does not have this account. Everything read before is forgotten, and the account stays open. */
const isReplaced = (error: unknown) => error instanceof PosternError && error.name === "storeReplaced";

/** Removes the entries that the news concern. The account has already forgotten its own remembered answers. */
export function takeNews({ cache }: Opened, news: News, heard: Omit<Heard, "shutOut">): void {
  // Earlier changes are unknown, at the start too. So the cache begins empty.
  if (news.first === true) {
    cache.clear();
    return heard.begun();
  }
  if (news.replaced !== undefined) {
    cache.clear();
    heard.replaced(news.replaced);
  }
  for (const change of news.changes) {
    forget(cache, change);
    heard.changed(change);
  }
}

function forget(cache: Opened["cache"], { kind, vault, item, tag, seq }: Change): void {
  // A password, a user's own data or a service account changed. No value of a vault is affected.
  if (kind === "user") return;
  if (vault === undefined) cache.clear();
  else if (item === undefined) cache.dropVault(vault);
  else cache.dropItem(vault, item, tag, seq);
}

function forgetAll({ cache }: Opened, feed: Feed): void {
  cache.clear();
  feed.forget();
}

/** Called at each answer. Says whether the service answers too often for an honest one. */
function createPace(clock: Clock): () => boolean {
  let quick = 0;
  let answeredMs = clock.monotonicMs();
  return () => {
    const sinceMs = clock.monotonicMs() - answeredMs;
    quick = Math.max(0, quick + 1 - Math.floor(sinceMs / ANSWER_MS_MIN));
    answeredMs += sinceMs;
    return quick > QUICK_ANSWERS_MAX;
  };
}

/** Starts following the feed of an account. */
export function followChanges(unlocked: Opened, feed: Feed, { clock, log }: Around, heard: Heard): Follower {
  const followed = feed.follow();
  const abort = new AbortController();
  let link: Link = { state: "asking", since: momentOf(clock) };
  let endPause: () => void = () => undefined;

  function enter(state: Link["state"]): void {
    if (link.state !== state) link = { state, since: momentOf(clock) };
  }

  async function follow(): Promise<void> {
    let retryMs = RETRY_MS;
    let toldReplaced = false;
    const isTooQuick = createPace(clock);
    while (!abort.signal.aborted) {
      try {
        // The first request does not wait. Otherwise nobody would know for so long that the service is back.
        const waitMs = link.state === "reached" ? undefined : 0;
        takeNews(unlocked, await followed.next(abort.signal, waitMs), heard);
        toldReplaced = false;
        enter("reached");
        retryMs = RETRY_MS;
        if (isTooQuick()) await pause(ANSWER_MS_MIN);
      } catch (error) {
        if (abort.signal.aborted) return;
        if (isShutOut(error)) return heard.shutOut();
        if (isReplaced(error) && !toldReplaced) {
          toldReplaced = true;
          forgetAll(unlocked, feed);
          heard.replaced("otherStore");
        }
        // Any other failure means the same: the changes are unknown. A read that needs the service gives its caller the error.
        enter("unreached");
        // By the boot clock: a jump of the wall clock must not take cached answers from a person without a network.
        if (clock.bootMs() - link.since.bootMs > STALE_MS_MAX) forgetAll(unlocked, feed);
        await pause(retryMs);
        retryMs = Math.min(RETRY_MS_MAX, retryMs * 2);
      }
    }
  }

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = clock.after(ms, resolve);
      endPause = () => {
        cancel();
        resolve();
      };
    });
  }

  // Any answer shows that the service is back. So the agent asks for changes at once.
  feed.onAnswered(() => {
    if (link.state === "unreached") endPause();
  });
  follow().catch((error: unknown) => log.incident("changes", error));
  return {
    get link() {
      return link;
    },
    stop: () => {
      abort.abort();
      endPause();
    },
  };
}
