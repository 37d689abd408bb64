// What an agent has written of itself into its data folder: where it listens, which process it is, and of which installation.
import { closeSync, constants, fstatSync, openSync, readFileSync, readSync } from "node:fs";
import { join } from "node:path";
import { WHEREABOUTS_BYTES_MAX, WHEREABOUTS_FILE, type Whereabouts } from "../generated-whereabouts.ts";
import { homeOf } from "./where.ts";

/** What the agent of this home last wrote; undefined where it has ended in order, or what is there is none of ours. */
export function whereabouts(): Whereabouts | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(
      join(homeOf(), WHEREABOUTS_FILE),
      constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
    );
  } catch {
    return undefined;
  }
  try {
    const found = fstatSync(descriptor);
    if (!found.isFile() || found.uid !== process.geteuid?.()) return undefined;
    const bytes = Buffer.alloc(WHEREABOUTS_BYTES_MAX);
    return parse(bytes.toString("utf8", 0, readSync(descriptor, bytes)));
  } finally {
    closeSync(descriptor);
  }
}

/** A file that was cut or changed says nothing: then the agent is looked for where the variables say. */
export function parse(text: string): Whereabouts | undefined {
  let value: Partial<Record<keyof Whereabouts, unknown>> | null;
  try {
    value = JSON.parse(text) as typeof value;
  } catch {
    return undefined;
  }
  const { pid, socket, version, program } = value ?? {};
  const isWhole =
    Number.isSafeInteger(pid) &&
    Number(pid) > 0 &&
    [socket, version, program].every((one) => typeof one === "string" && one !== "" && !one.includes("\0")) &&
    String(socket).startsWith("/");
  return isWhole ? (value as Whereabouts) : undefined;
}

/** Whether a process is stopped (SIGSTOP, a debugger): it answers nobody until it is let go on. */
export const isStopped = (pid: number): boolean => ["T", "t"].includes(stateOf(pid));

/** Whether a process has ended; one whose parent has not taken note of it yet has. */
export const hasEnded = (pid: number): boolean => ["", "Z", "X"].includes(stateOf(pid));

/** The letter of /proc for how a process is; "" where there is none. */
function stateOf(pid: number): string {
  try {
    // The name between the parentheses may hold anything, parentheses too.
    return /^.*\) (\S)/s.exec(readFileSync(`/proc/${pid}/stat`, "latin1"))?.[1] ?? "";
  } catch {
    return "";
  }
}
