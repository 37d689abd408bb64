// `run` was killed after it had started its program, and before it had named the program to the relay. On a busy machine that takes long
// enough to happen. The relay then knows the program by its output, which no other process has.
import { closeSync, readdirSync, readlinkSync } from "node:fs";
import { openPidfd, ptyPath, signalPidfd } from "./libc.ts";
import type { Source } from "./link.ts";
import { signalNumber } from "./signals.ts";

/** Kills each process whose output or errors go into one of these sources, but not `except`. */
export function killWriters(sources: readonly Source[], except: number): void {
  const names = sources.map(nameOf);
  for (const entry of readdirSync("/proc")) {
    const pid = Number(entry);
    if (Number.isInteger(pid) && pid !== except) killIfWriter(pid, names);
  }
}

/** The name of the program's end of a source, as /proc shows it: `pipe:[4711]` or `/dev/pts/7`. */
const nameOf = ({ fd, kind }: Source): string =>
  kind === "pipe" ? readlinkSync(`/proc/self/fd/${fd}`) : ptyPath(fd).toString();

/** The pidfd is opened before the look, so that the signal reaches the process that was looked at. */
function killIfWriter(pid: number, names: readonly string[]): void {
  let pidfd: number | undefined;
  try {
    pidfd = openPidfd(pid);
    if ([1, 2].some((fd) => names.includes(readlinkSync(`/proc/${pid}/fd/${fd}`))))
      signalPidfd(pidfd, signalNumber("SIGKILL"));
  } catch (error) {
    // The process has ended, or belongs to another user.
    if (typeof (error as NodeJS.ErrnoException).code !== "string") throw error;
  } finally {
    if (pidfd !== undefined) closeSync(pidfd);
  }
}
