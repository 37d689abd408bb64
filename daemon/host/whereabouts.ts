// The place where this agent listens, written beside the lock of its home. A command whose variables lead elsewhere finds the agent by it.
// A second agent can name the first one.
import { closeSync, constants, existsSync, fstatSync, openSync, readSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { WHEREABOUTS_BYTES_MAX, WHEREABOUTS_FILE, type Whereabouts } from "../../protocol/whereabouts.ts";
import { replaceFile } from "./private-files.ts";
import { VERSION } from "./version.ts";

/** The program that starts such a process: in the bundle the file that takes the compiled code beside it, or `main` of the sources. */
export function ownProgram(main: string): string {
  const started = fileURLToPath(new URL("./agent.js", main));
  return existsSync(started) ? started : fileURLToPath(main);
}

/** Written whole or not at all, before the first answer. It is not synced, since it means nothing after a power cut. */
export function writeWhereabouts(home: string, socket: string, program: string): void {
  const here: Whereabouts = { pid: process.pid, socket, version: VERSION, program };
  replaceFile(join(home, WHEREABOUTS_FILE), Buffer.from(`${JSON.stringify(here)}\n`));
}

export function removeWhereabouts(home: string): void {
  rmSync(join(home, WHEREABOUTS_FILE), { force: true });
}

/** The entry of the agent that has the lock. Undefined where there is none, as from an older agent. */
export function holderOf(home: string): Pick<Whereabouts, "pid" | "socket"> | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(
      join(home, WHEREABOUTS_FILE),
      constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
    );
  } catch {
    // Used for the words of a refusal only, which are right without it too.
    return undefined;
  }
  try {
    if (!fstatSync(descriptor).isFile()) return undefined;
    const bytes = Buffer.alloc(WHEREABOUTS_BYTES_MAX);
    const { pid, socket } = (JSON.parse(bytes.toString("utf8", 0, readSync(descriptor, bytes))) ?? {}) as Whereabouts;
    return Number.isSafeInteger(pid) && typeof socket === "string" ? { pid, socket } : undefined;
  } catch {
    return undefined;
  } finally {
    closeSync(descriptor);
  }
}
