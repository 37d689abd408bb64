// Which connections may stay. A machine has far fewer programs than the agent takes connections, so only a program that runs amok meets these numbers.
// What it cannot take is a reserve for our own programs, and one for programs with a yes.
import type { Connection } from "../call/connection.ts";
import type { Standing } from "./turns.ts";

/** Connections of all programs without a yes, of the 480 that the agent takes (CONNECTIONS_MAX). */
export const STRANGER_CONNECTIONS_MAX = 400;

/** The same with our own commands and pages. So they keep forty, and so do programs with a yes. */
export const UNKNOWN_CONNECTIONS_MAX = 440;

/** Connections of one process without a yes. It needs one. Some open one for each task. */
export const PROCESS_CONNECTIONS_MAX = 256;

/** Why a new connection may not stay beside the others; undefined where it may. */
export function whyTooMany(
  one: Connection,
  others: ReadonlySet<Connection>,
  standingOf: (connection: Connection) => Standing,
): string | undefined {
  // Most of the time there are few, and nobody's standing is looked at.
  if (others.size < PROCESS_CONNECTIONS_MAX) return undefined;
  const standing = standingOf(one);
  if (standing === "known") return undefined;
  const all = [...others];
  const { pid } = one.peer.identity;
  if (standing === "stranger" && all.filter(({ peer }) => peer.identity.pid === pid).length >= PROCESS_CONNECTIONS_MAX)
    return "too many connections of one program";
  if (others.size < STRANGER_CONNECTIONS_MAX) return undefined;
  const standings = all.map(standingOf);
  const strangers = standings.filter((other) => other === "stranger").length;
  if (standing === "stranger" && strangers >= STRANGER_CONNECTIONS_MAX)
    return "too many connections of programs without a yes";
  const unknown = standings.filter((other) => other !== "known").length;
  return unknown >= UNKNOWN_CONNECTIONS_MAX ? "too many connections without a yes" : undefined;
}
