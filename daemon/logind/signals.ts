// What logind says, read from the lines of `gdbus monitor`. Only its owner, root, can say it: the monitor shows the signals of that bus name alone.

/** The machine is about to sleep, or a session's screen was locked. `session` is the object path of that session. */
export type Signal = { readonly kind: "sleep" } | { readonly kind: "screen"; readonly session: string };

const SLEEP = /^\/org\/freedesktop\/login1: org\.freedesktop\.login1\.Manager\.PrepareForSleep \(true,?\)$/;

const LOCK = /^(\/org\/freedesktop\/login1\/session\/\w+): org\.freedesktop\.login1\.Session\.Lock \(\)$/;

/** Most desktops lock by themselves and then say so by this hint. */
const HINT =
  /^(\/org\/freedesktop\/login1\/session\/\w+): org\.freedesktop\.DBus\.Properties\.PropertiesChanged \('org\.freedesktop\.login1\.Session', \{.*'LockedHint': <true>/;

/** The meaning of a line. Undefined for every other one. */
export function signalOf(line: string): Signal | undefined {
  if (SLEEP.test(line)) return { kind: "sleep" };
  const session = (LOCK.exec(line) ?? HINT.exec(line))?.[1];
  return session === undefined ? undefined : { kind: "screen", session };
}

/** Whether logind has its name on the bus, by a line that says so. Undefined for every other line. */
export function ownedBy(line: string): boolean | undefined {
  if (/^The name org\.freedesktop\.login1 is owned by :[\d.]+$/.test(line)) return true;
  return line === "The name org.freedesktop.login1 does not have an owner" ? false : undefined;
}

/** The user id in the answer of `gdbus call … Properties.Get … User`: `(<(uint32 1000, objectpath '/…')>,)`. */
export function userIn(answer: string): number | undefined {
  const id = /^\(<\(uint32 (\d+), /.exec(answer)?.[1];
  return id === undefined ? undefined : Number(id);
}
