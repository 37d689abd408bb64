// Protects the agent against other processes. It refuses to start in a way that lets others in, and closes its memory to processes of the same
// user. `protections` shows which measures work on this machine.

import { readFileSync } from "node:fs";
import inspector from "node:inspector";
import { refusedVariable, trimEnvironment } from "./host/environment.ts";
import type { Native } from "./host/native.ts";
import type { Protection } from "./host/protection.ts";
import { StartRefused } from "./host/start-refused.ts";
import { procIsOurs } from "./peer/process-facts.ts";

/** The allowed options of Node. Others could load code, open a debugger or write memory to files. */
const allowedOptions = [
  "--disable-sigusr1",
  "--no-warnings",
  "--disable-warning",
  "--max-old-space-size",
  "--max-semi-space-size",
];

const START_ADVICE = "start it with `postern agent start`, or with `node --disable-sigusr1` and no other options";

/** The start of this process. */
export type Start = {
  readonly platform: NodeJS.Platform;
  readonly execArgv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
};

/** Must be called first, before anything is read or opened. Throws StartRefused with the option or variable. */
export function checkStart({ platform, execArgv, env }: Start): void {
  if (platform !== "linux") {
    throw new StartRefused(
      "the agent verifies the programs that connect to it, and can do so on Linux only",
      "run the agent on Linux",
    );
  }
  const option = execArgv.map((word) => word.replace(/=.*$/s, "")).find((name) => !allowedOptions.includes(name));
  if (option !== undefined)
    throw new StartRefused(`the agent does not run under Node's option ${nameOf(option)}`, START_ADVICE);
  // Without it SIGUSR1 opens a debugger port, and every user of the machine can connect to it.
  if (!execArgv.includes("--disable-sigusr1"))
    throw new StartRefused("the agent must run with Node's option --disable-sigusr1", START_ADVICE);
  const variable = refusedVariable(env);
  if (variable !== undefined)
    throw new StartRefused(
      `the agent does not run under ${variable.name}, which ${variable.does}`,
      `unset ${variable.name} and start again`,
    );
}

/** The name of an option. It may be joined to its value (`-rFILE`), and the value must not be printed. */
function nameOf(option: string): string {
  return /^--[a-z0-9-]+$/i.test(option)
    ? option
    : option.startsWith("-")
      ? option.slice(0, 2)
      : "(a value without an option)";
}

/** Closes this process to others. Throws StartRefused where a measure does not work. */
export function harden(native: Native, env: Record<string, string | undefined> = process.env): void {
  process.umask(0o077);
  native.forbidDumping();
  native.forbidCoreFiles();
  trimEnvironment(env);
  if (native.isDumpable() || native.coreFileLimit() !== 0n) {
    throw new StartRefused(
      "the agent's memory could not be closed to other programs",
      "check what confines this process",
    );
  }
  if (inspector.url() !== undefined) throw new StartRefused("a debugger is open", START_ADVICE);
  if (process.getuid?.() !== process.geteuid?.())
    throw new StartRefused("the agent must not be a set-user-id program", "start it as yourself");
  if (!procIsOurs())
    throw new StartRefused("/proc does not show the processes of this pid namespace", "mount /proc in it");
}

/** The measures that work now, asked of the system. */
export function protections(native: Native, execArgv: readonly string[] = process.execArgv): Protection[] {
  return [
    {
      name: "closedMemory",
      active: !native.isDumpable(),
      why: "other programs of yours cannot read the agent's memory or attach a debugger",
      advice: "restart the agent",
    },
    {
      name: "noCoreFiles",
      active: native.coreFileLimit() === 0n,
      why: "a crash leaves no file with keys",
      advice: "restart the agent",
    },
    {
      name: "noDebuggerBySignal",
      active: execArgv.includes("--disable-sigusr1"),
      why: "a signal cannot open a debugger port",
      advice: START_ADVICE,
    },
    { name: "noDebugger", active: inspector.url() === undefined, why: "no debugger is open", advice: START_ADVICE },
    {
      name: "privateFiles",
      active: ownUmask() === 0o077,
      why: "new files are closed to other users",
      advice: "restart the agent",
    },
    {
      name: "restrictedTracing",
      active: Number(readOrEmpty("/proc/sys/kernel/yama/ptrace_scope").trim()) >= 1,
      why: "a program cannot take over another one of yours that holds a grant",
      advice: "set the sysctl kernel.yama.ptrace_scope to 1",
    },
    {
      name: "noPlainSwap",
      active: swapsAreHarmless(readOrEmpty("/proc/swaps")),
      why: "answers already sent cannot reach the disk; keys are locked in memory all the same",
      advice: "switch swap off, or use encrypted swap or zram",
    },
  ];
}

/** Whether memory is never swapped to disk in plain: no swap, compressed memory, or a device-mapper volume (usually dm-crypt). */
export function swapsAreHarmless(swaps: string): boolean {
  const devices = swaps
    .split("\n")
    .slice(1)
    .filter((line) => line !== "");
  return devices.every((line) => /^\/dev\/(zram\d+|dm-\d+)\s/.test(line));
}

function ownUmask(): number {
  return Number.parseInt(/^Umask:\t(\d+)$/m.exec(readOrEmpty("/proc/self/status"))?.[1] ?? "", 8);
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch (error) {
    // A kernel without the feature has no such file.
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
}
