// Whose session it is that logind speaks of. Every user can have logind speak of their own sessions, as often as they like. So nothing is started for a
// session whose user is known, and little at once for the others.

/** Sessions whose user is remembered. A machine for hundreds of people has as many. */
export const KNOWN_MAX = 512;

/** Look-ups that run at the same time. */
export const LOOK_UPS_MAX = 4;

/** Sessions that wait for a look-up. Only logind names sessions, so more of them mean that something is wrong. */
export const WAITING_MAX = 512;

export type SessionUsers = {
  /** Whether a session is this user's. One that cannot be looked up counts: a lock too many costs a password, one too few costs more. */
  isOurs(session: string): Promise<boolean>;
  /** logind has begun anew. It may give the name of an old session to another user. */
  forget(): void;
};

/** `lookUp` tells the user id of a session. Undefined, or a rejection, where it cannot. */
export function createSessionUsers(
  uid: number,
  lookUp: (session: string) => Promise<number | undefined>,
): SessionUsers {
  let known = new Map<string, number>();
  let asked = new Map<string, Promise<boolean>>();
  const waiting: (() => void)[] = [];
  let running = 0;

  async function found(session: string, into: Map<string, number>): Promise<boolean> {
    if (running >= LOOK_UPS_MAX) await new Promise<void>((resolve) => waiting.push(resolve));
    else running++;
    try {
      const user = await lookUp(session).catch(() => undefined);
      if (user === undefined) return true;
      const [oldest] = into.keys();
      if (oldest !== undefined && into.size >= KNOWN_MAX) into.delete(oldest);
      into.set(session, user);
      return user === uid;
    } finally {
      // The place goes to the next one, so it is not counted down in between.
      const next = waiting.shift();
      if (next === undefined) running--;
      else next();
    }
  }

  function isOurs(session: string): Promise<boolean> {
    const user = known.get(session);
    if (user !== undefined) return Promise.resolve(user === uid);
    const same = asked.get(session);
    if (same !== undefined) return same;
    if (waiting.length >= WAITING_MAX) return Promise.resolve(true);
    const all = asked;
    const answer = found(session, known).finally(() => all.delete(session));
    all.set(session, answer);
    return answer;
  }

  function forget(): void {
    known = new Map();
    asked = new Map();
  }

  return { isOurs, forget };
}
