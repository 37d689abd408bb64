// Whether the holder of a grant has ended, so that nobody can use the grant any more. The kernel is asked each time.
import { isStill, statOf } from "./process-facts.ts";
import type { Subject } from "./subject.ts";

/** Whether the process or the terminal session of a subject has ended. */
export function hasEnded({ kind, process, terminalSession }: Subject): boolean {
  if (kind === "process") return process !== undefined && !isStill(process);
  return kind === "terminal" && terminalSession !== undefined && sessionHasEnded(terminalSession);
}

/** Whether the leader of a terminal session has ended. */
export function sessionHasEnded(terminalSession: string): boolean {
  const [, leader, startTicks] = terminalSession.split("|");
  return `${statOf(Number(leader))?.startTicks ?? ""}` !== startTicks;
}
