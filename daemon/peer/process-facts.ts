// The facts about a process in /proc, as plain frozen values. The process's start is read before and after them. So a reused pid never
// mixes the facts of two programs.

import { closeSync, openSync, readlinkSync, readSync, statSync } from "node:fs";
import { interpreterAt, readCommandLine } from "./command-line.ts";
import { environmentLoads } from "./environment.ts";
import type { Executable, ProcessFacts } from "./peer.ts";
import { type ProcessStat, parseStat } from "./process-stat.ts";
import { isSameFile, readScript } from "./script.ts";
import { terminalOf } from "./terminal.ts";

/** Bytes of a command line that are read. The words before a script are far shorter. */
export const ARGV_BYTES_MAX = 64 * 1024;

/** Whether /proc shows the agent's own pid namespace. Otherwise its facts about a pid are about another process. */
export function procIsOurs(): boolean {
  return statOf("self")?.pid === process.pid;
}

/** The state of a process. Undefined where there is none. */
export function statOf(pid: number | "self"): ProcessStat | undefined {
  const line = readOrAbsent(`/proc/${pid}/stat`);
  return line === undefined ? undefined : parseStat(line);
}

/** The executable of a process. Undefined where it is hidden or there is no such process. */
export function executableOf(pid: number): Executable | undefined {
  const link = `/proc/${pid}/exe`;
  try {
    // An exec between readlink and stat would mix two programs. So both must give the same answer twice.
    for (let round = 0; round < EXEC_RACES_MAX; round++) {
      const path = readlinkSync(link);
      const file = statSync(link, { bigint: true });
      if (readlinkSync(link) !== path) continue;
      const isSeen = isSameFile(path, file);
      const deleted = !isSeen && path.endsWith(DELETED);
      return {
        path: deleted ? path.slice(0, -DELETED.length) : path,
        device: `${file.dev}`,
        inode: `${file.ino}`,
        deleted,
        isElsewhere: !isSeen && !deleted,
        ownerUid: Number(file.uid),
        changed: `${file.ctimeNs}`,
      };
    }
    return undefined;
  } catch (error) {
    if (isAbsence(error) || isHidden(error)) return undefined;
    throw error;
  }
}

/** The kernel appends this to the path of a file that is gone. A file may also have such a name. */
const DELETED = " (deleted)";
/** Tries for a stable answer. A process that execs faster has no executable that could be named. */
const EXEC_RACES_MAX = 3;

/** All facts about a process. Undefined where it has ended, or an exec changed it meanwhile. `isRead` says whether its script's content is read. */
export function factsOf(pid: number, isRead = true): ProcessFacts | undefined {
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
    ...codeOf(pid, executable, isRead),
    terminal: Object.freeze(terminalOf(before.ttyDevice, users.effective)),
    session: Object.freeze({ leader: before.sessionId, startTicks: statOf(before.sessionId)?.startTicks }),
    cgroup: parseCgroup(readOrAbsent(`/proc/${pid}/cgroup`) ?? ""),
  };
  return isStill(facts) ? Object.freeze(facts) : undefined;
}

/** Whether the process behind these facts still runs the same program. The kernel is asked each time. */
export function isStill(facts: ProcessFacts): boolean {
  const now = statOf(facts.pid);
  if (now === undefined || now.state === "Z" || now.state === "X") return false;
  if (now.startTicks !== facts.startTicks || now.stackStart !== facts.image) return false;
  return sameExecutable(executableOf(facts.pid), facts.executable);
}

/** Whether a process is still in its session, at its terminal. The end of the session's leader takes the terminal from all. The kernel is asked each time. */
export function isAtSameTerminal({ pid, terminal, session }: ProcessFacts): boolean {
  if (terminal === undefined) return true;
  const now = statOf(pid);
  return now?.ttyDevice === terminal.device && now.sessionId === session.leader;
}

/** Whether a process is in the foreground of its controlling terminal. The kernel is asked each time. */
export function isInFront({ pid, startTicks, terminal }: ProcessFacts): boolean {
  const now = statOf(pid);
  if (now === undefined || terminal === undefined || now.startTicks !== startTicks) return false;
  return now.ttyDevice === terminal.device && now.group === now.foregroundGroup;
}

/** Whether two sets of facts are about one process with one program. A file that an update replaced is still the same. */
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

/** Real, effective and saved user ids. Undefined where there is no such process. */
export function usersOf(pid: number): { real: number; effective: number; saved: number } | undefined {
  const found = /^Uid:\t(\d+)\t(\d+)\t(\d+)\t/m.exec(readOrAbsent(`/proc/${pid}/status`) ?? "");
  return found === null ? undefined : { real: Number(found[1]), effective: Number(found[2]), saved: Number(found[3]) };
}

/** The code of a process: a script or something else that it claims to run, and whether it may hold other code too. */
function codeOf(
  pid: number,
  executable: Executable | undefined,
  isRead: boolean,
): Pick<ProcessFacts, "script" | "runs" | "loadsOther"> {
  if (executable === undefined) return { script: undefined, runs: undefined, loadsOther: true };
  const interpreter = interpreterAt(executable.path);
  const argv = interpreter === undefined ? [] : argvOf(pid);
  const { runs, loadsOther: byOption } =
    interpreter === undefined ? nothing : readCommandLine(interpreter, argv.slice(1));
  const loadsOther =
    byOption ||
    // A command line that was erased says nothing.
    (interpreter !== undefined && argv.length === 0) ||
    environmentLoads(pid, interpreter);
  if (runs?.is !== "file") return { script: undefined, runs: Object.freeze(runs), loadsOther };
  // In another mount namespace, or under another root, its paths mean other files than the agent's.
  const root = linkOf(pid, "root");
  const hasOwn = linkOf(pid, "ns/mnt") !== linkOf("self", "ns/mnt") || root !== linkOf("self", "root");
  const keepsOpen = interpreter?.keepsOpen === true && !loadsOther;
  const place = { pid, folder: linkOf(pid, "cwd"), keepsOpen, isUnread: !isRead };
  const script = readScript(runs.path, hasOwn ? { ...place, ownRoot: root ?? "/" } : place);
  return { script: Object.freeze(script), runs: undefined, loadsOther };
}

const nothing = { runs: undefined, loadsOther: false };

/** The bytes of a command line, as latin1. Undefined where it is hidden, erased, or longer than what is read. */
export function wholeCommandLineOf(pid: number): string | undefined {
  const whole = readOrAbsent(`/proc/${pid}/cmdline`, "latin1", ARGV_BYTES_MAX) ?? "";
  return whole === "" || whole.length === ARGV_BYTES_MAX ? undefined : whole;
}

/** The working folder of a process. */
export const folderOf = (pid: number): string | undefined => linkOf(pid, "cwd");

function argvOf(pid: number): string[] {
  return (readOrAbsent(`/proc/${pid}/cmdline`, "utf8", ARGV_BYTES_MAX) ?? "").split("\0").slice(0, -1);
}

/** The unified hierarchy. Where the old ones are mounted beside it, systemd's own one names the units. */
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

/** Bytes of a file of /proc other than a command line. The kernel writes a page at a time, and these files fit in one. */
const PROC_BYTES_MAX = 4096;

/** Reads the start of a file of /proc in one call, and so at one moment. It is several times as fast as readFileSync. */
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

/** Whether the error means that the process has ended: before the open (ENOENT), or between open and read (ESRCH). */
function isAbsence(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === "ENOENT" || code === "ESRCH";
}

function isHidden(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === "EACCES" || code === "EPERM";
}
