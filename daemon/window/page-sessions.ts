// The sessions of the page. Each is a holder of grants like a process, and has none at first. Its token is in one tab of the browser. At a lock each open
// page gets a session of its own and the old token ends: whoever copied the token has nothing of what is allowed to the page later.
import { createHash, randomBytes } from "node:crypto";
import { type Clock, elapsedMs, type Moment, momentOf } from "../host/clock.ts";
import type { Subject } from "../peer/subject.ts";
import type { Purpose } from "./one-time-codes.ts";

/** Sessions at once. Each tab has one, and a tab that was closed leaves one behind for a while. */
export const SESSIONS_MAX = 32;

/** Those of them that programs without a yes had opened. The rest is for the person's own commands, and for questions. */
export const STRANGER_SESSIONS_MAX = 16;

/** Open pages of one session at once: a tab, and its copies. */
export const PAGES_MAX = 8;

/** Open pages of all those sessions at once. Each has a connection, of the 64 that there are. */
export const STRANGER_PAGES_MAX = 32;

/** Milliseconds without an open page after which a session ends. A reload takes less than a second; a laptop that sleeps breaks the page's line. */
export const UNUSED_MS = 10 * 60_000;

/** Milliseconds after which a session ends in any case: as the longest grant. */
export const SESSION_AGE_MS = 12 * 60 * 60_000;

/** Milliseconds for which a page outlives its question, so that it hears how that ended. */
export const LINGER_MS = 5_000;

/** Milliseconds without a page after which a question counts as not shown there any more. */
export const AWAY_MS = 10_000;

/** Bytes of a token, and of the agent's secret. Nobody guesses them. */
const SECRET_BYTES = 32;

/**
 * What a page gets: its token, and a secret that it keeps and never sends. Whoever answers it must show that secret, since another program can have taken
 * the port after the agent has ended.
 */
export type Begun = { readonly session: string; readonly agent: string };

/** An open page, on its own line to the agent. */
export type OpenPage = {
  /** Takes a request of the page. False where too much waits already. */
  take(request: string): boolean;
  /** Tells the page of its next session. */
  sendNext(next: Begun): void;
  /** Ends its line once what was said before has left. */
  close(): void;
};

export type PageSession = {
  readonly subject: Subject;
  /** The one question that it was opened for. */
  readonly shows: string | undefined;
  readonly agentKey: string;
  /** Whether a program without a yes had it opened. */
  readonly isStranger: boolean;
  /** By the ids by which a page names its line. */
  readonly pages: Map<string, OpenPage>;
  /** Whether it can still be used. */
  isAlive(): boolean;
};

export type PageSessions = {
  /** Begins a session. Where there are too many, one without an open page ends. Undefined where all have one. */
  begin(purpose: Opener): Begun | undefined;
  /** Whether a session may open one more page. */
  mayOpen(session: PageSession): boolean;
  /** A page of a session has closed. */
  left(session: PageSession, page: string): void;
  find(token: string): PageSession | undefined;
  /** Ends sessions that are about this question, once the answer to it has left. */
  endOf(prompt: string): void;
  /** Every open page of the app gets a session of its own, and their old ones end. Those of questions end with their question. */
  renewAll(): void;
  endAll(): void;
};

/** What a session is begun for. */
type Opener = Pick<Purpose, "prompt" | "family" | "isStranger">;

type Held = PageSession & { readonly begunAt: Moment; lastUsedAt: Moment; ended: boolean };

type Events = {
  /** Makes the ids of holders. */
  readonly newId: () => string;
  /** A session has ended: its grants end too. */
  readonly ended: (subject: Subject) => void;
  /** For some seconds no page has shown this question. */
  readonly left: (prompt: string) => void;
};

export function createPageSessions(clock: Clock, events: Events): PageSessions {
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
    events.ended(held.subject);
  }

  /** Whether there is room for one more. An open page is not pushed out: somebody looks at it. Strangers push out one of their own. */
  function hasRoom(isStranger: boolean): boolean {
    for (const [key, held] of [...sessions]) if (!isAlive(held)) end(key, held);
    const strangers = [...sessions].filter(([, held]) => held.isStranger);
    const isFull = isStranger && strangers.length >= STRANGER_SESSIONS_MAX;
    if (!isFull && sessions.size < SESSIONS_MAX) return true;
    const closed = (isFull ? strangers : [...sessions]).filter(([, { pages }]) => pages.size === 0);
    const [oldest] = closed.sort(([, a], [, b]) => a.lastUsedAt.monotonicMs - b.lastUsedAt.monotonicMs);
    if (oldest === undefined) return false;
    end(...oldest);
    return true;
  }

  function begin({ prompt, family, isStranger }: Opener): Begun | undefined {
    if (!hasRoom(isStranger)) return undefined;
    const begun = { session: newSecret(), agent: newSecret() };
    const now = momentOf(clock);
    const held: Held = {
      subject: appSubject(events.newId(), family),
      shows: prompt,
      agentKey: begun.agent,
      isStranger,
      pages: new Map(),
      begunAt: now,
      lastUsedAt: now,
      ended: false,
      isAlive: () => isAlive(held),
    };
    sessions.set(keyOf(begun.session), held);
    lookLater(held);
    return begun;
  }

  /** Looks in some seconds whether the question of this session is shown. A page that is loaded again is away for less. */
  function lookLater({ shows, pages }: PageSession): void {
    if (shows === undefined) return;
    clock.after(AWAY_MS, () => {
      if (pages.size === 0) events.left(shows);
    });
  }

  function endAll(): void {
    for (const [key, held] of [...sessions]) end(key, held);
  }

  return {
    begin,
    mayOpen: ({ pages, isStranger }) => {
      const strangers = [...sessions.values()].filter((held) => held.isStranger);
      const open = strangers.reduce((sum, held) => sum + held.pages.size, 0);
      return pages.size < PAGES_MAX && (!isStranger || open < STRANGER_PAGES_MAX);
    },
    left: (session, page) => {
      session.pages.delete(page);
      if (session.pages.size === 0) lookLater(session);
    },
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
      for (const [key, held] of [...sessions].filter(([, { shows }]) => shows === undefined)) {
        const pages = [...held.pages.values()];
        // Ended first, so that there is room for what follows it.
        end(key, held);
        for (const page of pages) {
          const next = begin({ prompt: undefined, family: held.subject.family, isStranger: held.isStranger });
          if (next !== undefined) page.sendNext(next);
        }
      }
    },
    endAll,
  };
}

/** The holder of a page's grants. The browser's process is not it: one process has the pages of every website. */
function appSubject(id: string, family: string): Subject {
  return { kind: "app", key: `app|${id}`, throughCommand: false, family, program: APP_PROGRAM, pid: 0 };
}

/** In lists and in the log. Any program can open such a page, and a question says so. */
const APP_PROGRAM = "a page of the Postern app";

const newSecret = () => randomBytes(SECRET_BYTES).toString("base64url");

const keyOf = (token: string) => createHash("sha256").update(token).digest("base64");
