// The relay: a process of its own between a program's output and its destination. It lives until every program that the program started
// has closed its output, even after `run` and the program have ended. So late output arrives too, and concealed. On a terminal the
// relay also leads the session of the new terminal and starts the program there. A program that led the session could not be stopped
// by Ctrl-Z: the kernel does not stop a process without a parent in its session that could wake it.
import { closeSync, openSync, writeSync } from "node:fs";
import { NotStarted } from "../terminal/exit-code.ts";
import { leaveDescriptorsAlone } from "../terminal/own-stdio.ts";
import { type Carrier, carry } from "./carry.ts";
import { formsOf } from "./forms.ts";
import {
  CallFailed,
  type Change,
  coreLimit,
  duplicate,
  exitNow,
  hasFlowKeys,
  keepOverExec,
  modesOf,
  openFilesLimit,
  openPidfd,
  plainOutput,
  reap,
  setDisposition,
  setModes,
  signalPidfd,
  waitFor,
} from "./libc.ts";
import { type FromRelay, limitOf, openLink, type SessionProgram, type Source, type ToRelay } from "./link.ts";
import { hasEnded, signalNumber } from "./signals.ts";
import { startProgram } from "./start-program.ts";
import { killWriters } from "./unnamed-program.ts";

const CTRL_Q = "\u0011";

/** Milliseconds to wait for the output of a killed program. Any reader that still reads needs less. */
const KILLED_MS = 300;

type Start = Extract<ToRelay, { kind: "start" }>;

leaveDescriptorsAlone();
const control = Number(process.argv[2]);
const link = openLink<ToRelay, FromRelay>(control);
const bytes = (base64: string) => Buffer.from(base64, "base64");

let carriers: readonly Carrier[] = [];
/** The program: its process id, and a pidfd, which stays right when the id is reused. */
let running: { readonly pid: number; readonly pidfd: number } | undefined;
let programEnded: () => void = () => undefined;
const programHasEnded = new Promise<void>((resolve) => {
  programEnded = resolve;
});
/** The sources of a program that `run` starts, until `run` names it. */
let unnamed: readonly Source[] | undefined;
/** `run` itself. */
const parent = process.ppid;
let restoreTerminal = () => undefined as unknown;
let leaveLinesAlone = () => undefined as unknown;

function start(message: Start): void {
  const { modes, program, sources } = message;
  if (modes !== undefined) restoreTerminal = () => setModes(1, bytes(modes));
  keepFromProgram(message);
  if (program === undefined) unnamed = sources;
  else if (!startInSession(program)) return;
  const screen = sources.find(({ kind }) => kind === "terminal");
  if (screen !== undefined)
    leaveLinesAlone = () => {
      // Ctrl-S may have stopped the output, and nobody is left to press Ctrl-Q.
      if (hasFlowKeys(modesOf(screen.fd))) writeSync(screen.fd, CTRL_Q);
      // The relay is in the background of this terminal, and changing it would stop the relay. Set only now, or the program would inherit it.
      setDisposition(signalNumber("SIGTTOU"), "ignore");
      setModes(screen.fd, plainOutput(modesOf(screen.fd)));
    };
  const forms = formsOf(message.secrets);
  carriers = sources.map((source) => carry(source, forms, (code) => link.send({ kind: "lost", to: source.to, code })));
  letGo([0, 1, 2].filter((fd) => !sources.some(({ to }) => to === fd)));
  // Nobody could unmount the folder in which the relay stands.
  process.chdir("/");
  void Promise.all([programHasEnded, ...carriers.map(({ ended }) => ended)]).then(() => exitNow(0));
}

/** Keeps the relay's own descriptors from the program. With the relay's side of the terminal it could read its output unconcealed. */
function keepFromProgram({ sources, program }: Start): void {
  const own = [control, ...sources.map(({ fd }) => fd)];
  for (const fd of [...own, ...(program === undefined ? [] : [program.terminal, ...program.owned])])
    keepOverExec(fd, false);
}

/** Closes descriptors that the relay does not need. A program that waits for their end must not wait for the relay. */
function letGo(descriptors: readonly number[]): void {
  const nothing = openSync("/dev/null", "r+");
  for (const fd of descriptors) duplicate(nothing, fd);
}

/** Starts the program in the foreground of the relay's terminal. Reports it where that fails. */
function startInSession(program: SessionProgram): boolean {
  const ours = { openFiles: openFilesLimit(), coreFiles: coreLimit() };
  const theirs = { openFiles: limitOf(program.openFiles), coreFiles: limitOf(program.coreFiles) };
  const started = {
    ignored: program.ignored,
    words: program.words.map(bytes),
    variables: program.variables.map(bytes),
    ...theirs,
  };
  const { descriptors, owned, terminal, ignored } = program;
  // The program inherits that. What the relay would do at such a signal is nothing too.
  for (const signal of ignored) setDisposition(signal, "ignore");
  try {
    const pid = startProgram(started, ours, { descriptors, foregroundOn: terminal });
    running = { pid, pidfd: openPidfd(pid) };
    link.send({ kind: "watching" });
    void follow(pid);
  } catch (error) {
    if (!(error instanceof NotStarted)) throw error;
    link.send({ kind: "failed", code: error.code });
    return false;
  }
  for (const fd of [terminal, ...owned]) closeSync(fd);
  return true;
}

/** Reports each stop, and the end once all output before it has arrived. */
async function follow(pid: number): Promise<void> {
  for (;;) {
    const change = await waitFor(pid);
    const isOver = change.kind === "exited" || change.kind === "killed";
    if (isOver) {
      running = undefined;
      reap(pid);
      link.send({ kind: "ending" });
      await flush(change);
    }
    link.send({ kind: "change", change });
    if (isOver) return programEnded();
  }
}

/**
 * Waits until all of the program's output has arrived. After a kill it does not wait for a reader that takes nothing. The rest then
 * arrives after the end.
 */
function flush({ kind }: Change): Promise<unknown> {
  const flushed = Promise.all(carriers.map((carrier) => carrier.flush()));
  if (kind !== "killed") return flushed;
  return Promise.race([flushed, new Promise((resolve) => setTimeout(resolve, KILLED_MS))]);
}

function watch(pid: number): void {
  unnamed = undefined;
  running = { pid, pidfd: openPidfd(pid) };
  link.send({ kind: "watching" });
}

function signal({ signal: name, group }: Extract<ToRelay, { kind: "signal" }>): void {
  // Its number stays its own until `follow` reaps it.
  if (running === undefined || hasEnded(running.pid)) link.send({ kind: "late", signal: name });
  else if (group === true) process.kill(-running.pid, name);
  else signalPidfd(running.pidfd, signalNumber(name));
}

async function ended(change: Change): Promise<void> {
  running = undefined;
  await flush(change);
  link.send({ kind: "flushed" });
  programEnded();
}

/** `run` has gone. If it was killed, the program is killed too, as if the kill had been for the program. */
function alone(): void {
  if (running !== undefined) {
    restoreTerminal();
    signalPidfd(running.pidfd, signalNumber("SIGKILL"));
  }
  if (unnamed !== undefined) killWriters(unnamed, parent);
  // From now on the person's terminal turns LF into CR LF itself.
  try {
    leaveLinesAlone();
  } catch (error) {
    // The program's terminal has gone, with all output in it.
    if (!(error instanceof CallFailed) && typeof (error as NodeJS.ErrnoException).code !== "string") throw error;
  }
  programEnded();
  if (carriers.length === 0) exitNow(0);
}

// The end of a session or unit sends these signals to all its processes. The relay ignores them. It ends when its writers have ended.
for (const name of ["SIGINT", "SIGQUIT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => undefined);
// Never Node's own exit, which would reset the terminal and print the error.
process.on("uncaughtException", () => exitNow(1));

link.listen((message) => {
  if (message === undefined) alone();
  else if (message.kind === "start") start(message);
  else if (message.kind === "watch") watch(message.pid);
  else if (message.kind === "signal") signal(message);
  else void ended(message.change);
});
