// Reads the state with which this process was started, as bytes and numbers, so that its program gets the same. Node itself changes
// it: it decodes words and variables (bytes that are no UTF-8 are lost), raises the limit of open files, and marks descriptors
// close-on-exec.

import { fstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { constants } from "node:os";
import { fileFlags, isKeptOverExec, type Limit, openFilesLimit } from "./libc.ts";

/** Node's own descriptors are younger than the process. Their times are only as exact as the kernel's clock ticks. */
const CLOCK_TICK_MS = 20;

/** Splits the kernel's copy of argv or environ: texts that each end with a zero byte. */
export function textsIn(bytes: Buffer): Buffer[] {
  const texts: Buffer[] = [];
  for (let from = 0; from < bytes.length; ) {
    const end = bytes.indexOf(0, from);
    const to = end === -1 ? bytes.length : end;
    texts.push(bytes.subarray(from, to));
    from = to + 1;
  }
  return texts;
}

/** The program's own words: the last ones of the command line, as many as `words`. */
export function lastWords(count: number): Buffer[] {
  return textsIn(readFileSync("/proc/self/cmdline")).slice(-count);
}

/** The variables at the start of this process, as `NAME=value`. */
export const inheritedVariables = (): Buffer[] => textsIn(readFileSync("/proc/self/environ"));

export type Descriptors = {
  /** Descriptors from 3 on that this process was started with, as for `diff <(a) <(b)` or make's job server. */
  readonly further: readonly number[];
  /** The flags of the first three. Other programs may share them. */
  readonly flags: readonly [number, number, number];
};

/** Must be called before anything is opened. */
export function inheritedDescriptors(): Descriptors {
  const links = new Map<number, string>();
  for (const name of readdirSync("/proc/self/fd")) {
    const link = linkOf(Number(name));
    if (link !== undefined && Number(name) > 2) links.set(Number(name), link);
  }
  const further = [...links.keys()].filter((fd) => isKeptOverExec(fd) || isInherited(fd, links));
  return { further, flags: [fileFlags(0), fileFlags(1), fileFlags(2)] };
}

function linkOf(fd: number): string | undefined {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch (error) {
    // The descriptor of the listing itself is closed by now.
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/**
 * Tells inherited descriptors from Node's own. Node marks the first descriptors close-on-exec, so that mark does not help. Node's own
 * are event queues without a name, and pipes that were made after its start and have both ends here.
 */
function isInherited(fd: number, links: ReadonlyMap<number, string>): boolean {
  const link = links.get(fd) ?? "";
  if (link.startsWith("anon_inode:")) return false;
  if (!link.startsWith("pipe:")) return true;
  const bothEnds = [...links.values()].filter((other) => other === link).length > 1;
  return !bothEnds || fstatSync(fd).ctimeMs < performance.timeOrigin - CLOCK_TICK_MS;
}

/**
 * What the native command found at its start, and Node has changed since: the soft limit of open files, and the ignored signals. The process
 * is the same, so a text with another process's number is older, and says nothing.
 */
const AT_START = /^(\d+):(\d+):([0-9a-f]{1,8})$/;

/** The variable with that text. The program does not get it. */
export const AT_START_VARIABLE = "POSTERN_AT_START";

function atStart(): { openFiles: bigint; ignored: number } | undefined {
  const [, pid, openFiles = "", ignored = ""] = AT_START.exec(process.env[AT_START_VARIABLE] ?? "") ?? [];
  if (pid !== String(process.pid)) return undefined;
  return { openFiles: BigInt(openFiles), ignored: Number.parseInt(ignored, 16) };
}

/**
 * The signals that were ignored when the native command started, as under nohup. Without it nobody remembers them. SIGCHLD is not among
 * them: this process must hear how the program ends.
 */
export function inheritedIgnored(): number[] {
  const ignored = atStart()?.ignored ?? 0;
  const { SIGCHLD, ...others } = constants.signals;
  const isIgnored = (signal: number) => signal !== SIGCHLD && ((ignored >>> (signal - 1)) & 1) === 1;
  return [...new Set(Object.values(others))].filter(isIgnored);
}

/** The limit of open files. Node raises its own before its first line. So it is what the native command found, or else that of the shell that started this process. */
export function inheritedOpenFiles(): Limit {
  const own = openFilesLimit();
  const found = atStart()?.openFiles;
  if (found === undefined) return openFilesOfParent(own);
  return found <= own.hard ? { soft: found, hard: own.hard } : own;
}

/** Read from the shell that started this process. */
function openFilesOfParent(own: Limit): Limit {
  const found = /^Max open files +(\d+|unlimited) +(\d+|unlimited)/m.exec(parentLimits());
  if (found === null) return own;
  const [soft = 0n, hard = 0n] = found.slice(1).map((text) => (text === "unlimited" ? UNLIMITED : BigInt(text)));
  // Another hard limit means that a process between the parent and this one set both. `ulimit -n` sets them to one number.
  return hard === own.hard ? { soft, hard } : own;
}

const UNLIMITED = 0xffffffffffffffffn;

function parentLimits(): string {
  try {
    return readFileSync(`/proc/${process.ppid}/limits`, "latin1");
  } catch (error) {
    // The parent has ended or belongs to another user. Then this process's own limit is the best answer.
    if (typeof (error as NodeJS.ErrnoException).code === "string") return "";
    throw error;
  }
}
