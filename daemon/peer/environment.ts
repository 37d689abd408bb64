// Whether the environment of a process makes it load code that its command line does not name, and the kind of its terminal. Nothing else leaves
// this file. The values may be secrets: no other one becomes a text of the agent, and the bytes are cleared.
import { closeSync, openSync, readSync } from "node:fs";
import { type Interpreter, interpreters } from "./interpreters.ts";

/** Bytes of an environment that are read. Usual ones have a few thousand. A longer one could hide a variable, so it counts as a yes. */
export const ENVIRONMENT_BYTES_MAX = 128 * 1024;

/** Variables of the dynamic loader and of libraries that load further ones. They work in every program. */
const everywhere = /^(LD_.*|GCONV_PATH|OPENSSL_(CONF|MODULES|ENGINES))$/;

/** One for all, since a new one of this size costs more than reading. Nothing waits while it is used. */
const bytes = Buffer.alloc(ENVIRONMENT_BYTES_MAX);

/** Whether a process has a variable that loads code. Where its environment cannot be read, it may have one. */
export function environmentLoads(pid: number, interpreter: Interpreter | undefined): boolean {
  const length = readEnvironment(pid);
  const those = length === undefined ? undefined : bytes.subarray(0, length);
  const loads = those === undefined || length === ENVIRONMENT_BYTES_MAX || hasVariable(those, interpreter);
  those?.fill(0);
  return loads;
}

const TERMINAL = Buffer.from("\0TERM=");

/** A name of terminfo. */
const TERMINAL_KIND = /^[A-Za-z0-9][A-Za-z0-9+._-]{0,31}$/;

/** The kind of terminal that a process was started for (TERM). Undefined where it does not say a usable one. */
export function terminalKindOf(pid: number): string | undefined {
  const length = readEnvironment(pid);
  if (length === undefined) return undefined;
  const those = Buffer.concat([Buffer.of(0), bytes.subarray(0, length)]);
  bytes.fill(0, 0, length);
  const found = those.indexOf(TERMINAL);
  const end = found === -1 ? -1 : those.indexOf(0, found + TERMINAL.length);
  const kind = end === -1 ? "" : those.toString("latin1", found + TERMINAL.length, end);
  those.fill(0);
  return TERMINAL_KIND.test(kind) && kind !== "dumb" ? kind : undefined;
}

/** Whether a variable that loads code is set. A program that is no interpreter may hold one, so all variables count there. */
export function hasVariable(environment: Buffer, interpreter: Interpreter | undefined): boolean {
  const those = interpreter === undefined ? all : [interpreter.variables];
  for (let at = 0; at < environment.length; ) {
    const found = environment.indexOf(0, at);
    const end = found === -1 ? environment.length : found;
    const equals = environment.indexOf(EQUALS, at);
    // An empty one does nothing.
    if (equals > at && equals < end - 1) {
      const name = environment.toString("latin1", at, equals);
      if (everywhere.test(name) || those.some((variables) => variables.test(name))) return true;
    }
    at = end + 1;
  }
  return false;
}

const EQUALS = "=".charCodeAt(0);

const all = [...new Set(Object.values(interpreters).map(({ variables }) => variables))];

/** Fills `bytes`. Returns the number of bytes, or undefined where the environment is hidden or the process has ended. */
function readEnvironment(pid: number): number | undefined {
  let file: number | undefined;
  try {
    file = openSync(`/proc/${pid}/environ`, "r");
    return readSync(file, bytes, 0, bytes.length, 0);
  } catch (error) {
    if (typeof (error as NodeJS.ErrnoException).code === "string") return undefined;
    throw error;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
