// Keeps secrets inside the command's own memory.
import { writeFileSync } from "node:fs";
import { UsageError } from "../terminal/exit-code.ts";

/** Throws UsageError where a debugger was requested: any user who attaches could read the command's secrets. */
export function demandNoInspector(options: readonly string[], environment: NodeJS.ProcessEnv): void {
  const words = [...options, ...(environment.NODE_OPTIONS ?? "").split(/\s+/)];
  if (words.some((word) => word.startsWith("--inspect")))
    throw new UsageError(
      "the command does not run under a debugger (--inspect)",
      "start it without that option of Node",
    );
}

/**
 * Leaves the memory out of a core file. Children inherit this, so `run` does not use it. `run` forbids core files for itself and gives
 * its program the former setting.
 */
export function keepOutOfCores(): void {
  try {
    writeFileSync("/proc/self/coredump_filter", "0");
  } catch {
    // Another system, or one without /proc. The command works all the same, and `doctor` shows the agent's own protection.
  }
}
