// What keeps secrets inside the command's own memory.
import { writeFileSync } from "node:fs";
import { UsageError } from "../terminal/exit-code.ts";

/** Throws UsageError where a debugger was asked for: whoever attaches reads what the command reads. */
export function demandNoInspector(options: readonly string[], environment: NodeJS.ProcessEnv): void {
  const words = [...options, ...(environment.NODE_OPTIONS ?? "").split(/\s+/)];
  if (words.some((word) => word.startsWith("--inspect")))
    throw new UsageError(
      "the command does not run under a debugger (--inspect)",
      "start it without that option of Node",
    );
}

/**
 * Leaves the memory out of a core file. What we start inherits this, so it is not for `run`, which forbids core files of its own
 * and gives the program back what it had.
 */
export function keepOutOfCores(): void {
  try {
    writeFileSync("/proc/self/coredump_filter", "0");
  } catch {
    // A system without it, or without /proc: the command works all the same, and `doctor` tells of the agent's own protection.
  }
}
