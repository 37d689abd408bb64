// Starts the agent when a command needs it: a detached process with an environment of named variables only, whose words
// go to a log file in its home, since the terminal that started it may be gone.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, constants, existsSync, fstatSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Channel, type Greeting, openChannel } from "../../typescript/channel.ts";
import { AgentNotRunning, ConnectionLost } from "../../typescript/local-error.ts";
import { makeFolder } from "../generated-make-folder.ts";
import { UsageError } from "../terminal/exit-code.ts";
import { homeOf, socketOf } from "./where.ts";
import { hasEnded } from "./whereabouts.ts";

/** Milliseconds an agent may take to listen: its start is a tenth of that on a slow machine. */
export const START_MS_MAX = 10_000;

/** Milliseconds between two looks for the socket while the agent starts. */
export const LOOK_MS = 25;

/** Variables the agent is started with; it would drop all others itself. */
const passed = [
  "HOME",
  "LANG",
  "LC_ALL",
  "TZ",
  "XDG_RUNTIME_DIR",
  "XDG_DATA_HOME",
  "XDG_CONFIG_HOME",
  "POSTERN_SOCKET",
  "POSTERN_HOME",
  "DBUS_SESSION_BUS_ADDRESS",
  "DISPLAY",
  "WAYLAND_DISPLAY",
  "XAUTHORITY",
  "NODE_EXTRA_CA_CERTS",
];

/** Options of Node the agent runs with: without the first, SIGUSR1 would open a debugger port to every user. */
export const agentOptions = ["--disable-sigusr1", "--no-warnings"];

/** A program of ours: beside this one in the bundle, or in the sources, where `source` is seen from `clients/cli`. */
export function programPath(bundled: string, source: string): string {
  const beside = fileURLToPath(new URL(bundled, import.meta.url));
  return existsSync(beside) ? beside : fileURLToPath(new URL(`../${source}`, import.meta.url));
}

export const agentProgram = (): string => programPath("./agent.js", "../../daemon/main.ts");

/** The environment an agent is started with. */
export function agentEnvironment(): Record<string, string> {
  return Object.fromEntries(
    passed.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}

/** What the system says where a link, a folder, or a pipe that nobody reads has the name. */
const NO_FILE = ["ELOOP", "EISDIR", "ENXIO"];

/** What the agent says goes to its home; one that cannot be written would end it before it can say so. */
function openLog(home: string, path: string): number {
  let log: number;
  try {
    makeFolder(home);
    // A pipe that nobody reads would let the start wait, and a link would have the log written elsewhere.
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
      // It greets before it is loaded, and may still find that it cannot work here; this is answered by the whole of it.
      await channel.call("agent.subscribe", {});
      return channel;
    } catch (error) {
      if (error instanceof ConnectionLost) throw notStarted(logPath);
      // Another command may have started one at the same time: ours ends, theirs answers.
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

/** A shell starts the program and ends: we may become another program, and that must not find a child that is not its own. */
const ORPHAN = '"$@" >&3 2>&3 3>&- & echo $!';

/** Starts a program that is nobody's child; its words go to `log`. Answers its process. */
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

/** Bytes at the log's end that hold what an agent says when it ends; the log itself has no bound. */
const LAST_WORDS_BYTES = 16 * 1024;

/** What the agent said when it ended, with its own next step: to start it would be none. */
function notStarted(logPath: string): AgentNotRunning {
  const lines = lastWords(logPath);
  const next = lines.findLast((line) => line.startsWith(NEXT))?.slice(NEXT.length);
  const reason = lines.findLast((line) => line.startsWith(SAYS))?.slice(SAYS.length);
  return new AgentNotRunning(reason ?? "it ended at once", undefined, next ?? `look into its log ${logPath}`);
}

/** How the agent begins the lines of a refusal. */
const SAYS = "postern agent: ";
const NEXT = "  next: ";

function lastWords(path: string): string[] {
  const log = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  const end = Buffer.alloc(LAST_WORDS_BYTES);
  const read = readSync(log, end, 0, end.length, Math.max(0, fstatSync(log).size - end.length));
  closeSync(log);
  const lines = end.toString("utf8", 0, read).trimEnd().split("\n");
  // An earlier start's words stand before what that agent logged.
  return lines.slice(lines.findLastIndex((line) => line.startsWith("{")) + 1);
}
