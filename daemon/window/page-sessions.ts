// The sessions of the page. Each is a holder of grants like a process, and has none at first. Its token is in one tab of the browser. At a lock each open
// page gets a session of its own and the old token ends: whoever copied the token has nothing of what is allowed to the page later.
import { createHash, randomBytes } from "node:crypto";
import { type Clock, elapsedMs, type Moment, momentOf } from "../host/clock.ts";
import type { Subject } from "../peer/subject.ts";

/** Sessions at once. Each tab has one, and a tab that was closed leaves one behind for a while. */
export const SESSIONS_MAX = 32;

/** Open pages of one session at once: a tab, and its copies. */
export const PAGES_MAX = 8;

/** Milliseconds without an open page after which a session ends. A reload takes less than a second; a laptop that sleeps breaks the page's line. */
export const UNUSED_MS = 10 * 60_000;

/** Milliseconds after which a session ends in any case: as the longest grant. */
export const SESSION_AGE_MS = 12 * 60 * 60_000;

/** Milliseconds for which a page outlives its question, so that it hears how that ended. */
export const LINGER_MS = 5_000;

/** Bytes of a token. Nobody guesses it. */
const TOKEN_BYTES = 32;

/** An open page, on its own line to the agent. */
export type OpenPage = {
  /** Takes a request of the page. */
  take(request: string): void;
  /** Tells the page the token of its next session. */
  sendToken(token: string): void;
  /** Ends its line once what was said before has left. */
  close(): void;
};

export type PageSession = {
  readonly subject: Subject;
  /** The one question that it was opened for. */
  readonly shows: string | undefined;
  /** By the ids by which a page names its line. */
  readonly pages: Map<string, OpenPage>;
  /** Whether it can still be used. */
  isAlive(): boolean;
};

export type PageSessions = {
  /** Begins a session. Returns its token. Where there are too many, the one that was unused for longest ends. */
  begin(shows: string | undefined): string;
  find(token: string): PageSession | undefined;
  /** Ends sessions that are about this question, once the answer to it has left. */
  endOf(prompt: string): void;
  /** Every open page of the app gets a session of its own. All others end. */
  renewAll(): void;
  endAll(): void;
};

type Held = PageSession & { readonly begunAt: Moment; lastUsedAt: Moment; ended: boolean };

/** `newId` makes the ids of holders. `ended` is called after a session has ended, to end its grants. */
export function createPageSessions(clock: Clock, newId: () => string, ended: (subject: Subject) => void): PageSessions {
  /** By the hash of the token. */
  const sessions = new Map<string, Held>();

  function isAlive(held: Held): boolean {
    const now = momentOf(clock);
    if (held.pages.size > 0) held.lastUsedAt = now;
    return !held.ended && elapsedMs(now, held.begunAt) < SESSION_AGE_MS && elapsedMs(now, held.lastUsedAt) < UNUSED_MS;
  }

  function end(key: string, held: Held): void {
    if (held.ended) return;
    held.ended = true;
    sessions.delete(key);
    for (const page of held.pages.values()) page.close();
    ended(held.subject);
  }

  function makeRoom(): void {
    for (const [key, held] of sessions) if (!isAlive(held)) end(key, held);
    const unusedFirst = [...sessions].sort(([, a], [, b]) => a.lastUsedAt.monotonicMs - b.lastUsedAt.monotonicMs);
    for (const [key, held] of unusedFirst.slice(0, Math.max(0, sessions.size - SESSIONS_MAX + 1))) end(key, held);
  }

  function begin(shows: string | undefined): string {
    makeRoom();
    const token = randomBytes(TOKEN_BYTES).toString("base64url");
    const now = momentOf(clock);
    const held: Held = {
      subject: appSubject(newId()),
      shows,
      pages: new Map(),
      begunAt: now,
      lastUsedAt: now,
      ended: false,
      isAlive: () => isAlive(held),
    };
    sessions.set(keyOf(token), held);
    return token;
  }

  function endAll(): void {
    for (const [key, held] of [...sessions]) end(key, held);
  }

  return {
    begin,
    find: (token) => {
      const key = keyOf(token);
      const held = sessions.get(key);
      if (held === undefined) return undefined;
      if (isAlive(held)) return held;
      end(key, held);
      return undefined;
    },
    endOf: (prompt) => {
      for (const [key, held] of [...sessions]) if (held.shows === prompt) clock.after(LINGER_MS, () => end(key, held));
    },
    renewAll: () => {
      for (const [key, held] of [...sessions]) {
        // A page that shows one question has nothing to go on with: the lock has ended that question.
        if (held.shows === undefined) for (const page of held.pages.values()) page.sendToken(begin(undefined));
        end(key, held);
      }
    },
    endAll,
  };
}

/** The holder of a page's grants. The browser's process is not it: one process has the pages of every website. */
function appSubject(id: string): Subject {
  return { kind: "app", key: `app|${id}`, throughCommand: false, family: "app", program: "the Postern app", pid: 0 };
}

const keyOf = (token: string) => createHash("sha256").update(token).digest("base64");
