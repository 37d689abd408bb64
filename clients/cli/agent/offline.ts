// Answers from memory, given while the account service could not be reached. A person and a program that asked for JSON both learn their
// age.
import { isatty } from "node:tty";
import type { Terminal } from "../terminal/terminal.ts";

const STDERR = 2;

/** The part of a JSON result with the age. Empty where the service was reached. */
export function offlineFacts(staleMs: number | undefined): { offline?: true; ageSeconds?: number } {
  return staleMs === undefined ? {} : { offline: true, ageSeconds: Math.floor(staleMs / 1000) };
}

/** Prints the age for a person at a terminal. */
export function tellOffline(terminal: Terminal, staleMs: number | undefined): void {
  if (staleMs === undefined || !isatty(STDERR)) return;
  terminal.tell(
    `postern: the account service is not reached; this was read ${ago(staleMs)}: \`postern status\` says more`,
  );
}

function ago(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  if (seconds < 60) return `${seconds} s ago`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min ago` : `${Math.floor(minutes / 60)} h ${minutes % 60} min ago`;
}
