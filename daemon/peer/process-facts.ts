// What /proc tells of a process, as plain frozen values. Each answer is checked against the process's start before
// and after it is read, so that a pid taken over by another process never mixes two programs into one.
import { closeSync, openSync, readlinkSync, readSync, statSync } from "node:fs";
import { type ProcessStat, parseStat } from "./process-stat.ts";
import { readScript, type Script, scriptArgument } from "./script.ts";
import { type Terminal, terminalOf } from "./terminal.ts";

/** The file a process runs. Device and inode are decimal strings, since both may pass 2^53. */
export type Executable = {
  readonly path: string;
  readonly device: string;
  readonly inode: string;
  /** The file is no longer at its path: replaced by an update, removed, or never there (memfd). */
  readonly deleted: boolean;
  readonly ownerUid: number;
};

/** One process at one moment. */
export type ProcessFacts = {
  readonly pid: number;
  readonly ppid: number;
  /** Effective user id. */
  readonly uid: number;
  /** Clock ticks from boot to its start. */
  readonly startTicks: number;
  /** The process image: another value after each exec. "0" where the kernel hides it from us. */
  readonly image: string;
  /** Undefined where it is hidden from us (a process that made itself non-dumpable). */
  readonly executable: Executable | undefined;
  /** Behind an interpreter; a claim of the process, see script.ts. */
  readonly script: Script | undefined;
  readonly terminal: Terminal | undefined;
  /** Session leader by pid, and when it started; undefined start where it has ended. */
  readonly session: { readonly leader: number; readonly startTicks: number | undefined };
  /** Path of its control group, "" where there is none. */
  readonly cgroup: string;
};

/** Bytes of a command line that are read: far more than the words before a script. */
export const ARGV_BYTES_MAX = 64 * 1024;

/** Whether /proc shows our own pid namespace; where it does not, what it says of a pid is about somebody else. */
export function procIsOurs(): boolean {
  return statOf("self")?.pid === process.pid;
}

/** The state of a process; undefined where there is none. */
export function statOf(pid: number | "self"): ProcessStat | undefined {
  const line = readOrAbsent(`/proc/${pid}/stat`);
  return line === undefined ? undefined : parseStat(line);
}

/** The executable of a process; undefined where it is hidden or there is no such process. */
export function executableOf(pid: number): Executable | undefined {
  const link = `/proc/${pid}/exe`;
  try {
    // A readlink and a stat that an exec fell between would name two programs: both must be seen twice alike.
    for (let round = 0; round < EXEC_RACES_MAX; round++) {
      const path = readlinkSync(link);
      const file = statSync(link, { bigint: true });
      if (readlinkSync(link) !== path) continue;
      const deleted = path.endsWith(DELETED) && !isSameFile(path, file);
      return {
        path: deleted ? path.slice(0, -DELETED.length) : path,
        device: `${file.dev}`,
        inode: `${file.ino}`,
        deleted,
        ownerUid: Number(file.uid),
      };
    }
    return undefined;
  } catch (error) {
    if (isAbsence(error) || isHidden(error)) return undefined;
    throw error;
  }
}

/** Appended by the kernel to the path of a file that is gone. A file may also be named so. */
const DELETED = " (deleted)";
/** A process that execs faster than this many looks has no executable to speak of. */
const EXEC_RACES_MAX = 3;

function isSameFile(path: string, file: { dev: bigint; ino: bigint }): boolean {
  const there = statSync(path, { bigint: true, throwIfNoEntry: false });
  return there !== undefined && there.dev === file.dev && there.ino === file.ino;
}

/** Everything about a process; undefined where it has ended, or changed by exec while we looked. */
export function factsOf(pid: number): ProcessFacts | undefined {
  const before = statOf(pid);
  if (before === undefined || before.state === "Z" || before.state === "X") return undefined;
  const users = usersOf(pid);
  if (users === undefined) return undefined;
  const executable = executableOf(pid);
  const facts: ProcessFacts = {
    pid,
    ppid: before.ppid,
    uid: users.effective,
    startTicks: before.startTicks,
    image: before.stackStart,
    executable: executable && Object.freeze(executable),
    script: executable && Object.freeze(scriptOf(pid, executable)),
    terminal: Object.freeze(terminalOf(before.ttyDevice, users.effective)),
    session: Object.freeze({ leader: before.sessionId, startTicks: statOf(before.sessionId)?.startTicks }),
    cgroup: parseCgroup(readOrAbsent(`/proc/${pid}/cgroup`) ?? ""),
  };
  return isStill(facts) ? Object.freeze(facts) : undefined;
}

/** Whether the process behind these facts still runs, and still the same program: asked of the kernel each time. */
export function isStill(facts: ProcessFacts): boolean {
  const now = statOf(facts.pid);
  if (now === undefined || now.state === "Z" || now.state === "X") return false;
  if (now.startTicks !== facts.startTicks || now.stackStart !== facts.image) return false;
  return sameExecutable(executableOf(facts.pid), facts.executable);
}

/** Whether two facts are about one process running one program. A file that an update replaced is still the same. */
export function sameProcess(a: ProcessFacts, b: ProcessFacts): boolean {
  return (
    a.pid === b.pid &&
    a.startTicks === b.startTicks &&
    a.image === b.image &&
    sameExecutable(a.executable, b.executable)
  );
}

function sameExecutable(a: Executable | undefined, b: Executable | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.device === b.device && a.inode === b.inode;
}

/** Real, effective and saved user ids; undefined where there is no such process. */
export function usersOf(pid: number): { real: number; effective: number; saved: number } | undefined {
  const found = /^Uid:\t(\d+)\t(\d+)\t(\d+)\t/m.exec(readOrAbsent(`/proc/${pid}/status`) ?? "");
  return found === null ? undefined : { real: Number(found[1]), effective: Number(found[2]), saved: Number(found[3]) };
}

function scriptOf(pid: number, executable: Executable): Script | undefined {
  const argument = scriptArgument(executable.path, argvOf(pid));
  if (argument === undefined) return undefined;
  // Its paths mean other files than ours in another mount namespace or under another root.
  if (linkOf(pid, "ns/mnt") !== linkOf("self", "ns/mnt") || linkOf(pid, "root") !== linkOf("self", "root")) {
    return { path: argument, sha256: undefined, ownerUid: undefined };
  }
  return readScript(argument, linkOf(pid, "cwd"));
}

function argvOf(pid: number): string[] {
  return (readOrAbsent(`/proc/${pid}/cmdline`, "utf8", ARGV_BYTES_MAX) ?? "").split("\0").slice(0, -1);
}

/** The unified hierarchy; where the old ones are mounted beside it, systemd's own is the one that tells units apart. */
export function parseCgroup(text: string): string {
  const rows = text.split("\n").map((line) => /^\d+:([^:]*):(\/.*)$/.exec(line));
  const paths = ["", "name=systemd"].map((controllers) => rows.find((row) => row?.[1] === controllers)?.[2] ?? "");
  return paths.find((path) => path.length > 1) ?? paths.find((path) => path !== "") ?? "";
}

function linkOf(pid: number | "self", name: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/${name}`);
  } catch (error) {
    if (isAbsence(error) || isHidden(error)) return undefined;
    throw error;
  }
}

/** Bytes of a file of /proc other than a command line: the kernel writes them a page at a time, and these fit in one. */
const PROC_BYTES_MAX = 4096;

/** The start of a file of /proc in one read, and so at one moment; several times as fast as readFileSync there. */
function readOrAbsent(
  path: string,
  encoding: "latin1" | "utf8" = "latin1",
  bytesMax = PROC_BYTES_MAX,
): string | undefined {
  let file: number | undefined;
  try {
    file = openSync(path, "r");
    const bytes = Buffer.allocUnsafeSlow(bytesMax);
    return bytes.toString(encoding, 0, readSync(file, bytes, 0, bytesMax, 0));
  } catch (error) {
    if (isAbsence(error) || isHidden(error)) return undefined;
    throw error;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** The process has ended: before the open (ENOENT) or between open and read (ESRCH). */
function isAbsence(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === "ENOENT" || code === "ESRCH";
}

function isHidden(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === "EACCES" || code === "EPERM";
}
