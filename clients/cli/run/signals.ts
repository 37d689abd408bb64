// Signals on their way to the program.
import { readFileSync } from "node:fs";
import { constants } from "node:os";
import { exitNow, setDisposition, unblockUsr1 } from "./libc.ts";
import { isInFront } from "./outer-terminal.ts";

/** Signals that end a process or inform it. No process can listen to SIGKILL and SIGSTOP. */
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

/** Signals that the keys of a terminal send to its foreground processes. */
const KEYS: readonly PassedOn[] = ["SIGINT", "SIGQUIT", "SIGTSTP"];

/**
 * Calls `heard` for each signal but the `ignored` ones, which this process ignores from now on. Replaces earlier listeners: the command's own Ctrl-C ends once a program runs. The new listener is
 * added before the old ones go, since a signal without a listener would be lost.
 */
export function passSignals(heard: (signal: PassedOn) => void, ignored: readonly number[]): void {
  for (const signal of PASSED_ON) {
    const before = process.listeners(signal);
    const isIgnored = ignored.includes(signalNumber(signal));
    if (!isIgnored) process.on(signal, () => heard(signal));
    for (const listener of before) process.off(signal, listener);
    if (isIgnored) setDisposition(signalNumber(signal), "ignore");
  }
  unblockUsr1();
}

/** Does to this process what the signal does to a program that does not listen. Returns only after a stop. */
export function obey(signal: NodeJS.Signals): void {
  if (signal === "SIGCONT") return;
  if (signal === "SIGTSTP") return void process.kill(process.pid, "SIGSTOP");
  dieBy(signalNumber(signal));
}

/** Ends by a signal, which the waiting parent sees. */
export function dieBy(signal: number): never {
  const name = Object.entries(constants.signals).find(([, number]) => number === signal)?.[0];
  if (name !== undefined) process.removeAllListeners(name);
  setDisposition(signal, "default");
  process.kill(process.pid, signal);
  return exitNow(128 + signal);
}

/**
 * Whether the program has got the signal already, from the same key press. A signal to this process alone, while it is in the
 * foreground, looks the same and is lost. README.md says so.
 */
export function reachedAll(signal: PassedOn, tty: number | undefined): boolean {
  return KEYS.includes(signal) && tty !== undefined && isInFront(tty);
}

/** The number of a signal by its name. */
export const signalNumber = (name: NodeJS.Signals): number => constants.signals[name];

/** Whether a child is stopped, as by Ctrl-Z. */
export const isStopped = (pid: number): boolean => stateOf(pid) === "T";

/** Whether a child has ended and is not reaped yet. */
export const hasEnded = (pid: number): boolean => stateOf(pid) === "Z";

/** The letter of proc_pid_stat(5). */
function stateOf(pid: number): string {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  return stat.charAt(stat.lastIndexOf(")") + 2);
}
