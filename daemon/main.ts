// The agent's process: hardened first, then one per home, then the socket, then the rest. Run by `postern agent run`.
import { homedir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { PosternError } from "../protocol/errors.ts";
import { dataFolder, socketPath, UnusablePath } from "../protocol/socket-path.ts";
import type { Connection } from "./call/connection.ts";
import { createEarlyAgent } from "./early-agent.ts";
import { checkStart, harden, protections } from "./harden.ts";
import { type Clock, systemClock } from "./host/clock.ts";
import { createLog, type Log } from "./host/log.ts";
import { loadNative } from "./host/native.ts";
import { ensurePrivateFolder, removeUnfinishedWrites } from "./host/private-files.ts";
import { takeInstanceLock } from "./host/single-instance.ts";
import { StartRefused } from "./host/start-refused.ts";
import { openTrace, type TraceFile } from "./host/trace-file.ts";
import { holderOf, ownProgram, removeWhereabouts, writeWhereabouts } from "./host/whereabouts.ts";
import { linuxPeers } from "./peer/linux.ts";
import { type Listening, listenOnPassed, listenOnPath } from "./peer/listen.ts";
import { ownPrograms } from "./peer/own-programs.ts";
import { readAccounts } from "./session/account-file.ts";
import { lockedSessions, openOrderFile } from "./session/account-order.ts";
import { openRestoreMark } from "./session/restore-mark.ts";
import { createDoor } from "./wire/door.ts";
import type { Trace } from "./wire/trace.ts";

/** Milliseconds the socket is open before the rest is loaded unasked: who started us asks first whether we are up. */
const LOAD_AFTER_MS = 50;

/** The next step where a variable names a path that cannot be used. */
const ANOTHER_PATH = "set the variable to another path, or unset it for the place of this system";

/** What an agent's status says before anything is open. */
const nothingOpen = { tokenSessions: 0, openPrompts: 0, links: [] };

async function main(): Promise<void> {
  checkStart(process);
  const tracePath = traceOption(process.argv.slice(2));
  const native = loadNative();
  harden(native);
  const log = createLog();
  const where = { env: process.env, platform: process.platform, home: homedir(), uid: process.getuid?.() };
  const home = dataFolder(where);
  ensurePrivateFolder(home);
  const lock = takeInstanceLock(join(home, "agent.lock"), () => holderOf(home));
  const program = ownProgram(import.meta.url);
  removeUnfinishedWrites(home);

  const clock = systemClock(native.bootMs);
  const startedAt = new Date(clock.wallMs());
  const parts = { home, native, clock, log, connections: new Set<Connection>() };
  // Before the socket: an agent that cannot read its accounts does not start.
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
    load: async () => (await import("./full-agent.ts")).loadFullAgent({ ...parts, startedAt, program, trace, stop }),
    failed: (error) => {
      // With it goes the socket's file: nobody should wait for who will not answer.
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

  const ours = ownPrograms(import.meta.url);
  const { dispatch, recordRefused } = loading;
  const door = createDoor({ ...parts, peers: linuxPeers(native), ours, dispatch, recordRefused, trace: traced?.trace });
  try {
    listening = (await listenOnPassed(process.env, door)) ?? (await listenOnPath(socketPath(where), door));
  } catch (error) {
    // So that the same command can be given again.
    await traced?.file.remove();
    throw error;
  }
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, stop);
  const { path } = listening;
  // For those whose variables lead elsewhere.
  logged(log, "whereabouts", () => writeWhereabouts(home, path, program));
  log.note("the agent listens");
  setTimeout(loading.begin, LOAD_AFTER_MS);
}

/** The file of `--trace`, the one option of the agent. Throws StartRefused for any other word, without repeating it. */
function traceOption(words: string[]): string | undefined {
  try {
    const { trace } = parseArgs({ args: words, options: { trace: { type: "string" } } }).values;
    if (trace !== "") return trace;
  } catch (error) {
    throw new StartRefused("the agent takes `--trace FILE` and nothing else", "see `postern agent run --help`", error);
  }
  throw new StartRefused("--trace names no file", "name a file that does not exist yet");
}

/** Loaded only where a trace is wanted: it knows every method, and the agent listens before it does. */
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

/** Ends the process once `close` has ended; a second call changes nothing. */
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

/** Runs what the agent can do without: where it fails, the log says so. */
function logged(log: Log, what: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    log.incident(what, error);
  }
}

/** What is told of an error that is known: its words and the next step. */
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

/** Says why there will be no agent, and what to do, and ends. */
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
