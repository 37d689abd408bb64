// The agent's process. It hardens itself, takes the lock of its home, opens the socket, and loads the rest, in this order. `postern agent run`
// starts it.
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { PosternError } from "../protocol/errors.ts";
import { dataFolder, type Surroundings, socketPath, UnusablePath } from "../protocol/socket-path.ts";
import type { Connection } from "./call/connection.ts";
import { createEarlyAgent, type Loading } from "./early-agent.ts";
import { checkStart, harden, protections } from "./harden.ts";
import { type Clock, systemClock } from "./host/clock.ts";
import { createCollection } from "./host/collection.ts";
import { createLog, type Log } from "./host/log.ts";
import { loadNative } from "./host/native.ts";
import { ensurePrivateFolder, removeUnfinishedWrites } from "./host/private-files.ts";
import { takeInstanceLock } from "./host/single-instance.ts";
import { writeStartCommand } from "./host/start-command.ts";
import { StartRefused } from "./host/start-refused.ts";
import { openTrace, type TraceFile } from "./host/trace-file.ts";
import { holderOf, ownProgram, removeWhereabouts, writeWhereabouts } from "./host/whereabouts.ts";
import { linuxPeers } from "./peer/linux.ts";
import { type Listening, listenOnPassed, listenOnPath } from "./peer/listen.ts";
import { ownPrograms, pathsOf } from "./peer/own-programs.ts";
import { readAccounts } from "./session/account-file.ts";
import { lockedSessions, openOrderFile } from "./session/account-order.ts";
import { openRestoreMark } from "./session/restore-mark.ts";
import { fixedPort } from "./window/fixed-port.ts";
import { createDoor, type PageEntrance } from "./wire/door.ts";
import type { Trace } from "./wire/trace.ts";

/** Milliseconds between the socket and loading the rest without a request. The starting command first asks whether the agent is up. */
const LOAD_AFTER_MS = 50;

/** The next step where a variable names an unusable path. */
const ANOTHER_PATH = "set the variable to another path, or unset it for the place of this system";

/** The part of a status before anything is open. */
const nothingOpen = { tokenSessions: 0, openPrompts: 0, links: [] };

/** What the app's page needs. The door is made after the agent that serves its calls. */
const appParts = (where: Surroundings, door: () => { readonly onPage: PageEntrance }) => ({
  env: process.env,
  onPage: (...page: Parameters<PageEntrance>) => door().onPage(...page),
  appPort: fixedPort(process.env, process.geteuid?.() ?? 0),
  runFolder: dirname(socketPath(where)),
});

async function main(): Promise<void> {
  checkStart(process);
  const tracePath = traceOption(process.argv.slice(2));
  const native = loadNative();
  harden(native);
  const where = { env: process.env, platform: process.platform, home: homedir(), uid: process.getuid?.() };
  const home = dataFolder(where);
  const log = createLog(2, join(home, "agent.log"));
  const collection = createCollection(native, log);
  ensurePrivateFolder(home);
  const lock = takeInstanceLock(join(home, "agent.lock"), () => holderOf(home));
  const program = ownProgram(import.meta.url);
  removeUnfinishedWrites(home);
  const clock = systemClock(native.bootMs);
  const startedAt = new Date(clock.wallMs());
  const ours = ownPrograms(import.meta.url);
  const parts = { home, native, clock, log, ours, connections: new Set<Connection>() };
  // Read before the socket opens. An agent that cannot read its accounts does not start.
  const kept = openOrderFile(home).atStart;
  const accounts = readAccounts(home);
  const unfinishedRestore = openRestoreMark(home).read();
  const traced = await beginTrace(tracePath, clock, log);
  const trace = () => traced?.file.state;
  const loading = createEarlyAgent({
    status: () => ({
      ...nothingOpen,
      startedAt,
      program,
      sessions: lockedSessions(accounts, kept),
      ...(unfinishedRestore === undefined ? {} : { unfinishedRestore }),
      ...(traced === undefined ? {} : { trace: traced.file.state }),
      protections: protections(native),
    }),
    load: async () => {
      const { loadFullAgent } = await import("./full-agent.ts");
      const page = appParts(where, () => door);
      return loadFullAgent({ ...parts, ...collection, ...page, startedAt, program, trace, stop });
    },
    failed: (error) => {
      // Removes the socket's file too, so that no program waits for an agent that will not answer.
      listening?.close();
      return refuse(error);
    },
  });

  let listening: Listening | undefined;
  const stop = ending(log, () => {
    listening?.close();
    return loading.close().then(async () => {
      await traced?.file.close();
      logged(log, "whereabouts", () => removeWhereabouts(home));
      lock.release();
    });
  });

  const door = createDoor({ ...parts, ...loading, peers: linuxPeers(native, pathsOf(ours)), trace: traced?.trace });
  try {
    listening = (await listenOnPassed(process.env, door)) ?? (await listenOnPath(socketPath(where), door));
  } catch (error) {
    // Removed, so that the same command works again.
    await traced?.file.remove();
    throw error;
  }
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, stop);
  const { path } = listening;
  // Written for commands whose variables lead elsewhere.
  logged(log, "whereabouts", () => writeWhereabouts(home, path, program));
  logged(log, "start command", () => writeStartCommand(home, program));
  setTimeout(() => beginRest(log, loading), LOAD_AFTER_MS);
}

/** The note comes no sooner, since it loads the library that writes the log. */
function beginRest(log: Log, loading: Loading): void {
  log.note("the agent listens");
  loading.begin();
}

/** The file of `--trace`, the agent's only option. Throws StartRefused for any other word, which it does not repeat. */
function traceOption(words: string[]): string | undefined {
  try {
    const { trace } = parseArgs({ args: words, options: { trace: { type: "string" } } }).values;
    if (trace !== "") return trace;
  } catch (error) {
    throw new StartRefused("the agent takes `--trace FILE` and nothing else", "see `postern agent run --help`", error);
  }
  throw new StartRefused("--trace names no file", "name a file that does not exist yet");
}

/** Loaded only for a trace, since it loads every method, and the agent listens before that. */
async function beginTrace(
  path: string | undefined,
  clock: Clock,
  log: Log,
): Promise<{ readonly file: TraceFile; readonly trace: Trace } | undefined> {
  if (path === undefined) return undefined;
  const { createTrace } = await import("./wire/trace.ts");
  const file = await openTrace(path, { clock, log });
  return { file, trace: createTrace(file, clock) };
}

/** Ends the process once `close` has ended. A second call changes nothing. */
function ending(log: Log, close: () => Promise<void>): () => void {
  let stopping = false;
  return () => {
    if (stopping) return;
    stopping = true;
    close().then(
      () => process.exit(0),
      (error: unknown) => {
        log.incident("stop", error);
        process.exit(1);
      },
    );
  };
}

/** Runs a step that the agent can do without. A failure goes to the log. */
function logged(log: Log, what: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    log.incident(what, error);
  }
}

/** The words and the next step of a known error. */
function wordsOf(error: unknown): { text: string; next: string } | undefined {
  if (error instanceof StartRefused) return { text: error.message, next: error.advice };
  if (error instanceof UnusablePath) return { text: error.message, next: ANOTHER_PATH };
  if (error instanceof PosternError) return { text: error.message, next: error.hint ?? "look at the data folder" };
  const { code, syscall, path } = (error ?? {}) as NodeJS.ErrnoException;
  if (code === undefined || syscall === undefined) return undefined;
  const what = path === undefined ? syscall : `${syscall} ${path}`;
  return {
    text: `the system refused: ${what} (${code})`,
    next: systemSteps[code] ?? "look at the file, and at its folder",
  };
}

const systemSteps: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full: make room on it",
  EDQUOT: "your share of the disk is used up: make room in it",
  EROFS: "the file system is read-only: mount it for writing, or name another home with POSTERN_HOME",
  EIO: "the disk reports an error: look at it, and at a copy of the data folder",
  EMFILE: "too many files are open in this process (ulimit -n): raise the limit",
  ENFILE: "too many files are open on this machine: close some",
};

/** Prints why the agent does not start, with the next step, and ends the process. */
function refuse(error: unknown): never {
  const known = wordsOf(error);
  const text = known?.text ?? `unexpected ${error instanceof Error ? error.constructor.name : "error"}`;
  process.stderr.write(`postern agent: ${text}\n`);
  if (known !== undefined) process.stderr.write(`  next: ${known.next}\n`);
  else if (error instanceof Error)
    process.stderr.write(
      `${(error.stack ?? "")
        .split("\n")
        .filter((line) => /^ {4}at /.test(line))
        .join("\n")}\n`,
    );
  process.exit(1);
}

main().catch(refuse);
