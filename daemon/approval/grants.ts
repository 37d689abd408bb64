// Grants: permission of one subject on one scope. They live in memory only and end at lock. A grant also ends when it was idle for too long,
// when it is too old, and when its subject is no longer the approved process.
import type { Verb } from "../../protocol/entry.ts";
import { covers, type Scope } from "../account/scope.ts";
import { type Clock, elapsedMs, type Moment, momentOf } from "../host/clock.ts";
import { type Subject, terminalKeyOf } from "../peer/subject.ts";

const MINUTE = 60_000;

/** Milliseconds without use after which a grant ends by default: the official app's 10 minutes. */
export const GRANT_IDLE_MS = 10 * MINUTE;

/** Milliseconds after which a grant ends in any case: a working day. */
export const GRANT_AGE_MS_MAX = 12 * 60 * MINUTE;

/**
 * Milliseconds of a yes for one command: as long as a prompt waits between two of its requests, and ten minutes in all. It also ends with the
 * command's connection.
 */
export const COMMAND_IDLE_MS = 2 * MINUTE;
export const COMMAND_AGE_MS = 10 * MINUTE;

/** Grants at once. A person approves far fewer. Past it the least recently used one ends. */
export const GRANTS_MAX = 10_000;

export type Grant = {
  readonly id: string;
  readonly subject: Subject;
  readonly verb: Verb;
  readonly scope: Scope;
  readonly idleMs: number;
  /** Milliseconds after which it ends in any case. */
  readonly ageMs: number;
  /** From a yes that was widened, or was about no act that asks by itself. It covers no method that does. */
  readonly isWidened?: boolean;
  /** What the question named beside its verb. An act that asks by itself is covered by a question about that act alone. */
  readonly also?: string | undefined;
  /** The hash of the words that a person allowed, where a thing was named by title or id. */
  readonly words?: string | undefined;
  /** The grant from which this one follows. Both end together. */
  readonly restsOn?: Grant;
  /** The id of the application grant that it comes from. */
  readonly application?: string | undefined;
  readonly createdAt: Moment;
  lastUsedAt: Moment;
};

export type Grants = {
  /** Whether a living grant of this subject covers the request. Asking this is no use of the grant. */
  covers(subject: Subject, verb: Verb, scope: Scope): boolean;
  /** The same for a request of the subject. Using a grant delays its idle end. `alone` is an act that asks by itself. */
  allows(subject: Subject, verb: Verb, scope: Scope, now?: Moment, alone?: Pick<Grant, "also">): boolean;
  add(
    subject: Subject,
    verb: Verb,
    scope: Scope,
    terms: Pick<Grant, "idleMs" | "ageMs" | "isWidened" | "also" | "words" | "application">,
  ): Grant;
  /** Adds a grant that follows from another. It is as old as that one, and ends with it. */
  addOn(grant: Grant, verb: Verb, scope: Scope): void;
  /** The living grants: all, or those that one subject uses, with those of its terminal session. */
  list(subject?: Subject): Grant[];
  /** Whether the subject uses any. */
  has(subject: Subject): boolean;
  find(id: string): Grant | undefined;
  /** Ends one grant. False where there is none with this id. */
  revoke(id: string): boolean;
  /** Ends the grants that come from these application grants. */
  endApplications(ids: readonly string[]): void;
  /** Ends every grant of an account, or all grants. */
  clear(account?: string): void;
};

/** `ended` is called after grants have ended. */
export function createGrants(clock: Clock, newId: () => string, ended: () => void = () => undefined): Grants {
  const bySubject = new Map<string, Grant[]>();
  let count = 0;

  function living(key: string): Grant[] {
    const held = bySubject.get(key);
    if (held === undefined) return [];
    const now = momentOf(clock);
    const alive = held.filter((grant) => isAlive(now, grant));
    if (alive.length !== held.length) replace(key, alive);
    return alive;
  }

  function replace(key: string, grants: Grant[]): void {
    const more = grants.length - (bySubject.get(key)?.length ?? 0);
    count += more;
    if (grants.length === 0) bySubject.delete(key);
    else bySubject.set(key, grants);
    // Not at once: the caller may be in the middle of its own change.
    if (more < 0) queueMicrotask(ended);
  }

  function everyLiving(): Grant[] {
    return [...bySubject.keys()].flatMap(living);
  }

  function makeRoom(): void {
    const grants = everyLiving();
    if (grants.length < GRANTS_MAX) return;
    const oldest = grants.reduce((a, b) => (a.lastUsedAt.monotonicMs <= b.lastUsedAt.monotonicMs ? a : b));
    revoke(oldest.id);
  }

  function revoke(id: string): boolean {
    const grant = everyLiving().find((candidate) => candidate.id === id);
    if (grant === undefined) return false;
    const key = grant.subject.key;
    replace(
      key,
      living(key).filter((candidate) => candidate.id !== id && candidate.restsOn?.id !== id),
    );
    return true;
  }

  function add(grant: Omit<Grant, "id" | "lastUsedAt">, now: Moment): Grant {
    if (count >= GRANTS_MAX) makeRoom();
    const made: Grant = { ...grant, id: newId(), lastUsedAt: now };
    const { key } = grant.subject;
    // A program that revokes a list one by one must find each of them. So a following grant comes before the one it follows from.
    replace(key, made.restsOn === undefined ? [...living(key), made] : [made, ...living(key)]);
    return made;
  }

  function covering(
    subject: Subject,
    verb: Verb,
    scope: Scope,
    now: Moment,
    alone?: Pick<Grant, "also">,
  ): Grant | undefined {
    const asked = { verb, scope };
    const isFor = (one: Grant) =>
      covers(one, asked) && isAlive(now, one) && (alone === undefined || isAbout(one, alone));
    const among = (key: string) => bySubject.get(key)?.find(isFor);
    for (const key of keysOf(subject)) {
      const found = among(key);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  return {
    covers: (subject, verb, scope) => covering(subject, verb, scope, momentOf(clock)) !== undefined,
    allows: (subject, verb, scope, now = momentOf(clock), alone) => {
      const grant = covering(subject, verb, scope, now, alone);
      if (grant === undefined) return false;
      grant.lastUsedAt = now;
      return true;
    },
    add: (subject, verb, scope, { idleMs, ageMs, isWidened = false, also, words, application }) => {
      const now = momentOf(clock);
      return add({ subject, verb, scope, idleMs, ageMs, isWidened, also, words, application, createdAt: now }, now);
    },
    addOn: (grant, verb, scope) => {
      const restsOn = grant.restsOn ?? grant;
      const { subject, idleMs, ageMs, isWidened = false, createdAt } = restsOn;
      add({ subject, verb, scope, idleMs, ageMs, isWidened, createdAt, restsOn }, momentOf(clock));
    },
    list: (subject) => (subject === undefined ? everyLiving() : keysOf(subject).flatMap(living)),
    has: (subject) => keysOf(subject).some((key) => living(key).length > 0),
    find: (id) => everyLiving().find((grant) => grant.id === id),
    revoke,
    endApplications: (ids) => {
      for (const { id, application } of everyLiving())
        if (application !== undefined && ids.includes(application)) revoke(id);
    },
    clear: (account) => {
      for (const [key, held] of bySubject) {
        replace(key, account === undefined ? [] : held.filter((grant) => grant.scope.account !== account));
      }
    },
  };
}

/** The keys of the grants that a subject uses: its own, those of its command alone, and those of its terminal session. */
const keysOf = (subject: Subject) => [subject.key, subject.command ?? [], terminalKeyOf(subject) ?? []].flat();

/** Whether the question was about this act. Who made a vault may do all with it. */
function isAbout({ isWidened, also, restsOn }: Grant, act: Pick<Grant, "also">): boolean {
  return isWidened !== true && (restsOn !== undefined || also === act.also);
}

function isAlive(now: Moment, grant: Grant): boolean {
  if (grant.restsOn !== undefined && !isAlive(now, grant.restsOn)) return false;
  return elapsedMs(now, grant.lastUsedAt) <= grant.idleMs && elapsedMs(now, grant.createdAt) <= grant.ageMs;
}

/** The end of a grant that is not used again, in milliseconds since the Unix epoch. */
export function endsAtMs(grant: Grant): number {
  const own = Math.min(grant.lastUsedAt.wallMs + grant.idleMs, grant.createdAt.wallMs + grant.ageMs);
  return grant.restsOn === undefined ? own : Math.min(own, endsAtMs(grant.restsOn));
}
