// The stage of a demonstration: a temporary home, and the programs in it. However the demonstration ends (by itself, by Ctrl-C or by
// another signal), the programs end with it and the home is removed.
import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exitCodes } from "../terminal/exit-code.ts";

export type Stage = {
  readonly home: string;
  /** Starts a program. It and its own children end with the demonstration. */
  spawn(program: string, args: readonly string[], options: SpawnOptions): ChildProcess;
  /** Leaves the home and its programs to the person. */
  leave(): void;
};

export function openStage(): Stage {
  const home = mkdtempSync(join(tmpdir(), "postern-demo-"));
  const running = new Set<ChildProcess>();
  // Runs at the very end and without waiting, since a signal leaves no time. It kills the programs: one that outlived the agent would
  // start another agent in the removed home.
  const clear = () => {
    for (const child of running) killGroup(child);
    rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  };
  const end = () => process.exit(exitCodes.interrupted);
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  process.once("exit", clear);
  for (const signal of signals) process.on(signal, end);
  return {
    home,
    spawn: (program, args, options) => {
      // A group of its own, since a shell does not pass a signal on to its child.
      const child = spawn(program, args, { ...options, detached: true });
      running.add(child);
      child.once("exit", () => running.delete(child));
      return child;
    },
    leave: () => {
      process.off("exit", clear);
      for (const signal of signals) process.off(signal, end);
      for (const child of running) child.unref();
    },
  };
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch (error) {
    // It has ended meanwhile.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
