// Starts an agent for a program with a token, where none runs: by the command that the last agent has written down, and never by a name that
// is looked for in PATH. A program without a token needs a person, who starts the agent.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, constants, fstatSync, lstatSync, openSync, readSync, type Stats } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { dataFolder } from "./generated-socket-path.ts";
import { START_BYTES_MAX, START_FILE, START_MS_MAX, START_VARIABLES, startWords } from "./generated-start-file.ts";
import { AgentNotRunning } from "./local-error.ts";

/** Milliseconds between two looks for the socket while the agent starts. */
const LOOK_MS = 25;

const WHY = "run `postern agent start`, which says why";

/** A shell starts the agent and ends, so that the program has no child that it does not know. */
const ORPHAN = '"$@" </dev/null >/dev/null 2>&1 &';

/** Starts an agent and connects to it. Throws `missing`, or AgentNotRunning with the reason, where that cannot be. */
export async function startedAgent<T>(missing: AgentNotRunning, open: () => Promise<T>): Promise<T> {
  const words = process.platform === "win32" ? undefined : command();
  if (words === undefined) throw missing;
  const env = Object.fromEntries(
    START_VARIABLES.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
  try {
    const shell = spawn("/bin/sh", ["-c", ORPHAN, "sh", ...words], { detached: true, stdio: "ignore", env, cwd: "/" });
    await once(shell, "close");
  } catch (error) {
    throw new AgentNotRunning("the shell that starts it failed", error, WHY);
  }
  return untilListening(open);
}

/** The clock of this process. A test puts its own in its place. */
const realTime = { nowMs: () => performance.now(), wait: (ms: number): Promise<void> => wait(ms) };

/** Connects as soon as the agent listens. */
export async function untilListening<T>(open: () => Promise<T>, time = realTime): Promise<T> {
  const untilMs = time.nowMs() + START_MS_MAX;
  for (;;) {
    await time.wait(LOOK_MS);
    try {
      return await open();
    } catch (error) {
      if (!(error instanceof AgentNotRunning)) throw error;
      if (time.nowMs() < untilMs) continue;
      throw new AgentNotRunning(`it was started, and did not listen within ${START_MS_MAX / 1000} s`, error, WHY);
    }
  }
}

/** The command of the last agent. Undefined where there is none. */
function command(): readonly string[] | undefined {
  const home = dataFolder({ env: process.env, platform: process.platform, home: homedir(), uid: process.getuid?.() });
  let descriptor: number;
  try {
    demandOurs(lstatSync(home), "folder");
    descriptor = openSync(join(home, START_FILE), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw error instanceof AgentNotRunning ? error : refused("cannot be read", error);
  }
  try {
    const found = fstatSync(descriptor);
    if (!found.isFile()) throw refused("is no file");
    demandOurs(found, "file");
    const bytes = Buffer.alloc(START_BYTES_MAX + 1);
    const size = readSync(descriptor, bytes);
    const words = size > START_BYTES_MAX ? undefined : startWords(bytes.toString("utf8", 0, size));
    if (words === undefined) throw refused("holds no command");
    return words;
  } finally {
    closeSync(descriptor);
  }
}

/** Another user who can write there would choose the program that gets the token. */
function demandOurs({ uid, mode }: Stats, what: string): void {
  if (uid !== process.geteuid?.())
    throw refused(what === "file" ? "belongs to another user" : "is in another user's folder");
  if ((mode & 0o077) !== 0)
    throw refused(what === "file" ? "is open to other users" : "is in a folder that is open to other users");
}

const refused = (why: string, cause?: unknown) =>
  new AgentNotRunning(`the file ${START_FILE} in its data folder, which says how to start one, ${why}`, cause);
