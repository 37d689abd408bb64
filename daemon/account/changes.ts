// Follows what others change in an unlocked account, so that the cache never answers what is no longer true: the service
// is asked to tell of changes as long as the account is unlocked. While it cannot be reached, cached answers go on,
// marked stale, up to a limit. Where its store was put back from a copy, everything read before is forgotten at once.
import { PosternError } from "../../protocol/errors.ts";
import { type Clock, type Moment, momentOf } from "../host/clock.ts";
import type { Log } from "../host/log.ts";
import type { Change, Feed, News, Replaced } from "./capabilities.ts";
import type { Opened } from "./opened.ts";

/** Milliseconds that cached answers go on while the service cannot be reached. */
export const STALE_MS_MAX = 15 * 60_000;

/**
 * Milliseconds before the service is asked again, doubling up to the second number: one that is there again may have been put
 * back, and what was read before is answered until it is asked.
 */
const RETRY_MS = 500;
export const RETRY_MS_MAX = 2_000;

/** Answers that are taken at once; past them one each so many milliseconds: a service answers when there is news, or after a while. */
export const QUICK_ANSWERS_MAX = 100;
export const ANSWER_MS_MIN = 50;

/** Whether the service answered when it was asked last, and since when that is so. */
export type Link = { readonly state: "asking" | "reached" | "unreached"; readonly since: Moment };

/** What following needs of the agent. */
type Around = { readonly clock: Clock; readonly log: Log };

export type Follower = {
  readonly link: Link;
  stop(): void;
};

/**
 * Told of each change, after the cache has forgotten what it concerns; that the store was replaced, after all was forgotten;
 * and that the service lets us in no more.
 */
export type Heard = { changed(change: Change): void; replaced(how: Replaced): void; shutOut(): void };

/** The service's word that this device was removed, its password changed elsewhere, or its token ended. */
const isShutOut = (error: unknown) =>
  error instanceof PosternError && ["deviceRemoved", "wrongCredentials", "tokenRefused"].includes(error.name);

/** It works with a store that does not have this account: nothing that was read before counts, and nobody is shut out. */
const isReplaced = (error: unknown) => error instanceof PosternError && error.name === "storeReplaced";

/** Forgets what the news concern. The account has forgotten already what it keeps by itself. */
export function takeNews({ cache }: Opened, news: News, heard: Pick<Heard, "changed" | "replaced">): void {
  // What happened while nobody could tell us is unknown, at the start too: begin with an empty cache.
  if (news.first === true) return cache.clear();
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
  // A password, a user's own data, a service account: nothing that was read of a vault is any other for it.
  if (kind === "user") return;
  if (vault === undefined) cache.clear();
  else if (item === undefined) cache.dropVault(vault);
  else cache.dropItem(vault, item, tag, seq);
}

function forgetAll({ cache }: Opened, feed: Feed): void {
  cache.clear();
  feed.forget();
}

/** Asked at each answer: whether a service has answered more often than one that has news would. */
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
        // The first look does not wait: else nobody would know for as long that the service is there again.
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
        // Any other failure means the same here: we do not know what changed. Reads that need the service tell their caller.
        enter("unreached");
        // By the boot clock: a wall clock that jumps must not take away what a person without a network works with.
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

  // Whatever else the service answers, it is there again: what it has to tell of changes is asked at once.
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
