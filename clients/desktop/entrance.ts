// How a page comes by its session. The address brings a one-time code behind the #. The page trades the code for a session, and keeps that in
// sessionStorage: it belongs to this tab and this origin, port included, and goes when the tab is closed. A cookie would reach every other port.
import { CodeSpent, ConnectionLost } from "./agent-error.ts";

/**
 * A session of the agent's. With `prompt` it was opened for that one question. `agent` is a secret that the page never sends: whoever answers must show it. Another
 * program can have taken the port after the agent has ended, and must not be taken for it.
 */
export type Session = { readonly session: string; readonly agent: string; readonly prompt?: string };

/** The place of the session in sessionStorage. */
const PLACE = "postern session";

/** A code is long and has no slash. A page of the app begins with one: `#/grants`. */
const ROUTE = /^#\//;

/** Takes the one-time code out of the address and out of the tab's history. Undefined where the address has none. */
export function takeCode(): string | undefined {
  const { hash, pathname } = location;
  if (hash.length < 2 || ROUTE.test(hash)) return undefined;
  history.replaceState(null, "", pathname);
  return hash.slice(1);
}

/** Trades a one-time code for a session. Throws CodeSpent, and ConnectionLost where the agent does not answer. */
export async function enter(code: string): Promise<Session> {
  const answer = await fetch("/enter", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ code }),
  }).catch(() => {
    throw new ConnectionLost();
  });
  if (answer.status === 403) throw new CodeSpent();
  if (!answer.ok) throw new ConnectionLost();
  const { session, agent, prompt } = (await answer.json()) as Session;
  const entered = { session, agent, ...(prompt === undefined ? {} : { prompt }) };
  keepSession(entered);
  return entered;
}

/** Keeps the session for this tab, over a reload. */
export function keepSession(session: Session): void {
  sessionStorage.setItem(PLACE, JSON.stringify(session));
}

/** The session that this tab had before it was loaded again. */
export function keptSession(): Session | undefined {
  const kept = sessionStorage.getItem(PLACE);
  return kept === null ? undefined : (JSON.parse(kept) as Session);
}

/** Forgets the session: it can open nothing any more. */
export function forgetSession(): void {
  sessionStorage.removeItem(PLACE);
}
