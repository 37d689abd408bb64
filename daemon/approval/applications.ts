// Programs that are known again. A person allowed every later start of a program, so its process gets grants of its own when it asks. They are
// ordinary grants, and end with the application grant that they come from.
import { type Scope, scopeKey } from "../account/scope.ts";
import type { Connection } from "../call/connection.ts";
import { whoOf } from "../call/log-entry.ts";
import { type Clock, momentOf } from "../host/clock.ts";
import { changedFile, isSameLaunch, type Launch } from "../peer/launch.ts";
import { programOf, type Subject } from "../peer/subject.ts";
import type { OpenSession } from "../session/account-session.ts";
import {
  APPLICATION_MS,
  addApplication,
  bootId,
  endApplications,
  leftMs,
  livingApplications,
} from "../session/application-grants.ts";
import type { ApplicationGrant } from "../session/device-store.ts";
import { GRANT_IDLE_MS, type Grants } from "./grants.ts";
import type { Asked } from "./prompt.ts";

/** A scope that a person allowed, and the hash of the reference that led to it. */
type Allowed = { readonly scope: Scope; readonly words?: string | undefined };

export type Applications = {
  /** Adds what a person allowed for every later start of the program. Fulfilled once it is on disk; where the disk takes nothing, nothing is added. */
  allow(session: OpenSession, subject: Subject, launch: Launch, allowed: readonly Allowed[]): Promise<void>;
  /** Whether a person allowed the reference of these words for every start of this program. */
  knowsWords(session: OpenSession, connection: Connection, words: string): boolean;
  /** Gives a program that is known again the grants for reading these. */
  know(session: OpenSession, connection: Connection, wanted: readonly Pick<Asked, "scope" | "grantable">[]): void;
  /** The file of this program that is another one than when it was allowed. */
  changedFile(session: OpenSession, connection: Connection): "script" | "executable" | undefined;
  /** The application grants of an account: all, or those of this program. */
  list(session: OpenSession, connection?: Connection): ApplicationGrant[];
  /** Ends those with these ids, and the grants that came from them. Fulfilled once it is on disk. */
  end(session: OpenSession, ids: readonly string[]): Promise<void>;
};

export function createApplications(clock: Clock, grants: Grants, newId: () => string): Applications {
  const boot = bootId();

  function living({ unlocked }: OpenSession): ApplicationGrant[] {
    if (unlocked.store.state.applications === undefined) return [];
    return livingApplications(unlocked.store.state, momentOf(clock), boot);
  }

  function ofProgram(session: OpenSession, connection: Connection): ApplicationGrant[] {
    const all = living(session);
    // The files are looked at only where the answer counts.
    const launch = all.length === 0 ? undefined : connection.launch();
    if (launch === undefined || "why" in launch) return [];
    return all.filter((one) => isSameLaunch(one.launch, launch));
  }

  function give(
    subject: Subject,
    one: ApplicationGrant,
    { id, scope, words }: ApplicationGrant["given"][number],
  ): void {
    const ageMs = leftMs(one, momentOf(clock));
    grants.add(subject, "read", scope, { idleMs: GRANT_IDLE_MS, ageMs, words, application: id });
  }

  return {
    allow: async (session, subject, launch, allowed) => {
      const now = momentOf(clock);
      const given = allowed.map(({ scope, words }) => ({
        id: newId(),
        scope,
        ...(words === undefined ? {} : { words }),
      }));
      const added = { launch, given, wallMs: now.wallMs, bootMs: now.bootMs, boot };
      const written = addApplication(session.unlocked.store, added, now);
      for (const one of given) give(subject, added, one);
      await written.catch(async (error: unknown) => {
        await endIn(session, ids(added)).catch(() => undefined); // In memory it has ended. The first error is the one to throw.
        throw error;
      });
    },
    know: (session, connection, asked) => {
      if (asked.length === 0) return;
      const { subject } = connection;
      // What a grant covers already is lacking for another reason, such as a minimum strength. Another grant and record would not help.
      const isLacking = ({ scope, grantable }: Pick<Asked, "scope" | "grantable">) =>
        grantable && !grants.covers(subject, "read", scope);
      const wanted = new Set(asked.filter(isLacking).map(({ scope }) => scopeKey("read", scope)));
      for (const one of ofProgram(session, connection)) {
        const given = one.given.filter(({ scope }) => wanted.delete(scopeKey("read", scope)));
        if (given.length === 0) continue;
        const by = { program: programOf(subject), pid: subject.pid, who: whoOf(subject) };
        session.audit.keep({ event: "application.known", outcome: "ok", ...by, ids: given.map(({ id }) => id) });
        for (const part of given) give(subject, one, part);
      }
    },
    knowsWords: (session, connection, words) =>
      ofProgram(session, connection).some(({ given }) => given.some((one) => one.words === words)),
    changedFile: (session, connection) => {
      const all = living(session);
      const launch = all.length === 0 ? undefined : connection.launch();
      if (launch === undefined || "why" in launch) return undefined;
      const changed = all.map((one) => changedFile(one.launch, launch));
      return changed.find((file) => file !== undefined);
    },
    list: (session, connection) => (connection === undefined ? living(session) : ofProgram(session, connection)),
    end: endIn,
  };

  function endIn({ unlocked }: OpenSession, ended: readonly string[]): Promise<void> {
    grants.endApplications(ended);
    const isKept = (unlocked.store.state.applications ?? []).some((one) => ids(one).some((id) => ended.includes(id)));
    return isKept ? endApplications(unlocked.store, ended) : Promise.resolve();
  }
}

const ids = ({ given }: ApplicationGrant) => given.map(({ id }) => id);

/** The end of an application grant, in milliseconds since the Unix epoch. */
export const applicationEndsAtMs = ({ wallMs }: ApplicationGrant): number => wallMs + APPLICATION_MS;
