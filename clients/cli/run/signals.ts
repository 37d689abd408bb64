// Signals on their way to the program.
import { readFileSync } from "node:fs";
import { unblockUsr1 } from "./libc.ts";
import { isInFront } from "./outer-terminal.ts";

/** What a process is sent to end it, or to tell it something. Nobody can listen to SIGKILL and SIGSTOP. */
const PASSED_ON = [
  "SIGINT",
  "SIGQUIT",
  "SIGTERM",
  "SIGHUP",
  "SIGUSR1",
  "SIGUSR2",
  "SIGALRM",
  "SIGVTALRM",
  "SIGIO",
  "SIGPWR",
  "SIGTSTP",
  "SIGCONT",
] as const satisfies readonly NodeJS.Signals[];

export type PassedOn = (typeof PASSED_ON)[number];

/** What the keys of a terminal send, to all processes in front there. */
const KEYS: readonly PassedOn[] = ["SIGINT", "SIGQUIT", "SIGTSTP"];

/** Calls `heard` for each signal. Replaces whoever listened before: the command's own Ctrl-C is over once a program runs. */
export function passSignals(heard: (signal: PassedOn) => void): void {
  for (const signal of PASSED_ON) {
    process.removeAllListeners(signal);
    process.on(signal, () => heard(signal));
  }
  unblockUsr1();
}

/**
 * Whether the program has the signal already, from the same key press. A signal that somebody sends to us alone while we are
 * in front looks the same, and is lost: README.md says so.
 */
export function reachedAll(signal: PassedOn, tty: number | undefined): boolean {
  return KEYS.includes(signal) && tty !== undefined && isInFront(tty);
}

/** Whether a process is stopped, as by Ctrl-Z. */
export function isStopped(pid: number): boolean {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  return stat.slice(stat.lastIndexOf(")") + 2, stat.lastIndexOf(")") + 3) === "T";
}
