// The port of the page. It is the same at every start, since an authenticator is bound to the page's host name and the agent to the whole origin, and since an
// open page finds the agent again by it.

/** The first port of the range for users. The range is below those that Linux hands out by itself, and has no well-known service. */
const FIRST = 24_300;

/** Users with a port of their own. Two users of one machine seldom have ids this far apart. */
const USERS = 500;

/**
 * A port that an environment names, or the user's own. 0 means any free port (`any`). Undefined where the environment says `off`, or names no port that a user
 * may have.
 */
export function fixedPort(env: Readonly<Record<string, string | undefined>>, uid: number): number | undefined {
  const { POSTERN_APP_PORT: named } = env;
  if (named === undefined || named === "") return FIRST + (uid % USERS);
  if (named === "any") return 0;
  const port = /^\d{1,5}$/.test(named) ? Number(named) : 0;
  return port >= 1024 && port <= 65_535 ? port : undefined;
}
