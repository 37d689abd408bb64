// What this process was started with, as bytes and numbers, so that the program it starts gets the same. Node decodes words
// and variables (bytes that are no UTF-8 are lost), raises the limit of open files, and marks descriptors close-on-exec.
import { fstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { fileFlags, isKeptOverExec, type Limit, openFilesLimit } from "./libc.ts";

/** Descriptors that Node opens for itself are younger than the process. Their times are as coarse as the kernel's clock ticks. */
const CLOCK_TICK_MS = 20;

/** Splits what the kernel keeps of argv or environ: texts that each end with a zero byte. */
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

/** The last words of the command line, as many as these: the program's own. */
export function lastWords(count: number): Buffer[] {
  return textsIn(readFileSync("/proc/self/cmdline")).slice(-count);
}

/** `NAME=value`, as they were at our start. */
export const inheritedVariables = (): Buffer[] => textsIn(readFileSync("/proc/self/environ"));

export type Descriptors = {
  /** Those from 3 on that we were started with, as for `diff <(a) <(b)` or make's job server. */
  readonly further: readonly number[];
  /** The flags of the first three, which others may share. */
  readonly flags: readonly [number, number, number];
};

/** Called before anything is opened. */
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
 * Node marks the first descriptors it finds close-on-exec, so the mark says nothing of them. Node's own are event queues
 * without a name, and pipes made after its start of which it holds both ends.
 */
function isInherited(fd: number, links: ReadonlyMap<number, string>): boolean {
  const link = links.get(fd) ?? "";
  if (link.startsWith("anon_inode:")) return false;
  if (!link.startsWith("pipe:")) return true;
  const bothEnds = [...links.values()].filter((other) => other === link).length > 1;
  return !bothEnds || fstatSync(fd).ctimeMs < performance.timeOrigin - CLOCK_TICK_MS;
}

/** As the shell that started us set it: Node has raised our own before its first line, and nothing else remembers. */
export function inheritedOpenFiles(): Limit {
  const own = openFilesLimit();
  const found = /^Max open files +(\d+|unlimited) +(\d+|unlimited)/m.exec(parentLimits());
  if (found === null) return own;
  const [soft = 0n, hard = 0n] = found.slice(1).map((text) => (text === "unlimited" ? UNLIMITED : BigInt(text)));
  // Another hard limit means that somebody set both between the parent and us; `ulimit -n` sets them to one number.
  return hard === own.hard ? { soft, hard } : own;
}

const UNLIMITED = 0xffffffffffffffffn;

function parentLimits(): string {
  try {
    return readFileSync(`/proc/${process.ppid}/limits`, "latin1");
  } catch (error) {
    // It has ended, or is another user's: then ours is the best answer there is.
    if (typeof (error as NodeJS.ErrnoException).code === "string") return "";
    throw error;
  }
}
