// Starts the agent when a command needs it: a detached process whose environment has listed variables only. Its output goes to a log
// file in its home, since the terminal that started it may close.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, constants, existsSync, fstatSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Channel, type Greeting, openChannel } from "../../typescript/channel.ts";
import { START_MS_MAX, START_VARIABLES } from "../../typescript/generated-start-file.ts";
import { AgentNotRunning, ConnectionLost } from "../../typescript/local-error.ts";
import { makeFolder } from "../generated-make-folder.ts";
import { UsageError } from "../terminal/exit-code.ts";
import { homeOf, socketOf } from "./where.ts";
import { hasEnded } from "./whereabouts.ts";

/** Milliseconds between two looks for the socket while the agent starts. */
export const LOOK_MS = 25;

/** The agent's options of Node. Without the first, SIGUSR1 would open a debugger port to every user. */
export const agentOptions = ["--disable-sigusr1", "--no-warnings"];

/** The path of a program of Postern: beside this one in the bundle, or `source` in the sources, relative to `clients/cli`. */
export function programPath(bundled: string, source: string): string {
  const beside = fileURLToPath(new URL(bundled, import.meta.url));
  return existsSync(beside) ? beside : fileURLToPath(new URL(`../${source}`, import.meta.url));
}

export const agentProgram = (): string => programPath("./agent.js", "../../daemon/main.ts");

/** The environment for an agent. */
export function agentEnvironment(): Record<string, string> {
  return Object.fromEntries(
    START_VARIABLES.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}

/** The system's errors where a link, a folder, or a pipe without a reader has the name. */
const NO_FILE = ["ELOOP", "EISDIR", "ENXIO"];

/** Opens the log file in the agent's home. An agent that could not write it would end without a word. */
function openLog(home: string, path: string): number {
  let log: number;
  try {
    makeFolder(home);
    // A pipe without a reader would block the start, and a link would send the log elsewhere.
    const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT;
    log = openSync(path, flags | constants.O_NOFOLLOW | constants.O_NONBLOCK, 0o600);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== undefined && NO_FILE.includes(code)) throw noLog(path, "is no file");
    throw new UsageError(
      `the agent's home ${home} could not be written (${code})`,
      code === "ENOSPC" || code === "EDQUOT"
        ? "the disk is full: make room on it"
        : "make it a folder of yours, or name another home with POSTERN_HOME",
    );
  }
  const found = fstatSync(log);
  if (found.isFile() && found.uid === process.geteuid?.()) return log;
  closeSync(log);
  throw noLog(path, found.isFile() ? "belongs to another user" : "is no file");
}

function noLog(path: string, what: string): UsageError {
  return new UsageError(`the agent's log ${path} ${what}`, "look at it, and move it out of the way");
}

/** Starts an agent, with `words` behind its program, and connects to it. Throws AgentNotRunning with what the agent said when it does not come up. */
export async function startAgent(client: Greeting, words: readonly string[] = []): Promise<Channel> {
  const home = homeOf();
  const logPath = join(home, "agent.log");
  const log = openLog(home, logPath);
  const pid = await spawnOrphan([process.execPath, ...agentOptions, agentProgram(), ...words], log);
  closeSync(log);
  for (let waited = 0; waited < START_MS_MAX; waited += LOOK_MS) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    try {
      const channel = await openChannel(socketOf(), client);
      // The agent greets before it is loaded, and may still find that it cannot work here. Only the loaded agent answers this call.
      await channel.call("agent.subscribe", {});
      return channel;
    } catch (error) {
      if (error instanceof ConnectionLost) throw notStarted(logPath);
      // Another command may have started an agent at the same time. Then this agent ends and the other one answers.
      if (!(error instanceof AgentNotRunning) || (hasEnded(pid) && !existsSync(socketOf())))
        throw error instanceof AgentNotRunning ? notStarted(logPath) : error;
    }
  }
  throw new AgentNotRunning(
    `it did not listen within ${START_MS_MAX / 1000} s`,
    undefined,
    `look into its log ${logPath}`,
  );
}

/** A shell starts the program and ends. This process may become another program, which must not find a strange child. */
const ORPHAN = '"$@" >&3 2>&3 3>&- & echo $!';

/** Starts a program as nobody's child, with its output in `log`. Returns its process. */
async function spawnOrphan(words: readonly string[], log: number): Promise<number> {
  const shell = spawn("/bin/sh", ["-c", ORPHAN, "sh", ...words], {
    detached: true,
    stdio: ["ignore", "pipe", log, log],
    env: agentEnvironment(),
    cwd: "/",
  });
  let pid = "";
  shell.stdout?.on("data", (text: Buffer) => {
    pid += text.toString();
  });
  await once(shell, "close");
  return Number(pid);
}

/** Bytes at the end of the log that hold an agent's last message. The log itself has no bound. */
const LAST_WORDS_BYTES = 16 * 1024;

/** The agent's last message, with the agent's own next step. */
function notStarted(logPath: string): AgentNotRunning {
  const lines = lastWords(logPath);
  const next = lines.findLast((line) => line.startsWith(NEXT))?.slice(NEXT.length);
  const reason = lines.findLast((line) => line.startsWith(SAYS))?.slice(SAYS.length);
  return new AgentNotRunning(reason ?? "it ended at once", undefined, next ?? `look into its log ${logPath}`);
}

/** The beginning of a refusal's lines in the agent's log. */
const SAYS = "postern agent: ";
const NEXT = "  next: ";

function lastWords(path: string): string[] {
  const log = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  const end = Buffer.alloc(LAST_WORDS_BYTES);
  const read = readSync(log, end, 0, end.length, Math.max(0, fstatSync(log).size - end.length));
  closeSync(log);
  const lines = end.toString("utf8", 0, read).trimEnd().split("\n");
  // The last line of an earlier start is followed by log lines of that agent, so this start's lines come last.
  return lines.slice(lines.findLastIndex((line) => line.startsWith("{")) + 1);
}
