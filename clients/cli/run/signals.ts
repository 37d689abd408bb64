// Signals on their way to the program.
import { readFileSync } from "node:fs";
import { constants } from "node:os";
import { exitNow, setDisposition, unblockUsr1 } from "./libc.ts";
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

/**
 * Calls `heard` for each signal. Replaces whoever listened before: the command's own Ctrl-C is over once a program runs. The new
 * listener comes first, since a signal that arrives while nobody listens is lost.
 */
export function passSignals(heard: (signal: PassedOn) => void): void {
  for (const signal of PASSED_ON) {
    const before = process.listeners(signal);
    process.on(signal, () => heard(signal));
    for (const listener of before) process.off(signal, listener);
  }
  unblockUsr1();
}

/** What a signal does to a program that does not listen to it, done to us. Does not come back, but from a stop. */
export function obey(signal: PassedOn): void {
  if (signal === "SIGCONT") return;
  if (signal === "SIGTSTP") return void process.kill(process.pid, "SIGSTOP");
  dieBy(signalNumber(signal));
}

/** Ends by a signal, as whoever waits for us can see. */
export function dieBy(signal: number): never {
  const name = Object.entries(constants.signals).find(([, number]) => number === signal)?.[0];
  if (name !== undefined) process.removeAllListeners(name);
  setDisposition(signal, "default");
  process.kill(process.pid, signal);
  return exitNow(128 + signal);
}

/**
 * Whether the program has the signal already, from the same key press. A signal that somebody sends to us alone while we are
 * in front looks the same, and is lost: README.md says so.
 */
export function reachedAll(signal: PassedOn, tty: number | undefined): boolean {
  return KEYS.includes(signal) && tty !== undefined && isInFront(tty);
}

/** The number of a signal by its name. */
export const signalNumber = (name: NodeJS.Signals): number => constants.signals[name];

/** Whether a child is stopped, as by Ctrl-Z. */
export const isStopped = (pid: number): boolean => stateOf(pid) === "T";

/** Whether a child has ended, and its end is not taken note of yet. */
export const hasEnded = (pid: number): boolean => stateOf(pid) === "Z";

/** The letter of proc_pid_stat(5). */
function stateOf(pid: number): string {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  return stat.charAt(stat.lastIndexOf(")") + 2);
}
