// Reads the file that an agent writes into its data folder: its socket, its process, and its installation.
import { closeSync, constants, fstatSync, openSync, readFileSync, readSync } from "node:fs";
import { join } from "node:path";
import { WHEREABOUTS_BYTES_MAX, WHEREABOUTS_FILE, type Whereabouts } from "../generated-whereabouts.ts";
import { homeOf } from "./where.ts";

/** The last entry of this home's agent. Undefined where the agent ended in order, or the file is not ours. */
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

/** Undefined for a file that was cut or changed. The agent is then looked for at the address in the variables. */
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

/** Whether a process is stopped (SIGSTOP, a debugger). It answers nobody until it continues. */
export const isStopped = (pid: number): boolean => ["T", "t"].includes(stateOf(pid));

/** Whether a process has ended. A zombie has ended too. */
export const hasEnded = (pid: number): boolean => ["", "Z", "X"].includes(stateOf(pid));

/** The state letter of a process in /proc. "" where there is no such process. */
function stateOf(pid: number): string {
  try {
    // The name between the parentheses may hold any character, parentheses too.
    return /^.*\) (\S)/s.exec(readFileSync(`/proc/${pid}/stat`, "latin1"))?.[1] ?? "";
  } catch {
    return "";
  }
}
