// Where a PIN or a password was typed: at a terminal, in a window that the agent itself opened, or by a program without a terminal. A wrong one makes its own
// place wait. A program makes forks and sessions as it likes, and so all programs without a terminal are one place.
import type { Subject } from "../peer/subject.ts";

/** A terminal session and its start, in clock ticks since the boot. Undefined stands for all programs without a terminal. */
export type TryPlace = { readonly terminal: string; readonly sinceTicks: number } | undefined;

/** The window that the agent itself opens on the desktop. No program opens it by itself, and so it is older than any terminal. */
export const WINDOW_PLACE: TryPlace = { terminal: "window", sinceTicks: 0 };

/** The place of a program. A terminal whose session leader has ended is none. */
export function tryPlaceOf({ terminalSession }: Pick<Subject, "terminalSession">): TryPlace {
  if (terminalSession === undefined) return undefined;
  const sinceTicks = Number(terminalSession.split("|").at(-1));
  return Number.isSafeInteger(sinceTicks) ? { terminal: terminalSession, sinceTicks } : undefined;
}
