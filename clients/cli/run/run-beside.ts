// Runs the program as a child, in the same process group and on the same terminal, if any. Only its output is read on its way.
import { copySize, waitFor } from "./libc.ts";
import { endAs, letGo, messagesOf, type Run, relayLost } from "./run.ts";
import { hasEnded, isStopped, obey, type PassedOn, passSignals, reachedAll } from "./signals.ts";
import { startProgram } from "./start-program.ts";

/**
 * Milliseconds to wait for the output after a signal that came too late for the program. A signal to the whole job often ends the
 * program first, and its output arrives sooner than this wherever somebody reads it.
 */
const LATE_MS = 300;

/** Throws NotStarted. */
export async function runBeside(run: Run): Promise<never> {
  const { program, ours, layout, relay, tty, secrets, further } = run;
  let pid: number | undefined;
  let stopped = false;
  /** A signal that came between the program's end and the moment at which this process learned of it. */
  let late: PassedOn | undefined;
  /** The moment of a Ctrl-Z that the program has not obeyed yet. */
  let stopKeyMs = Number.NEGATIVE_INFINITY;

  function pass(signal: PassedOn): void {
    // Before the program, and after it while its output still arrives, a signal is for this process. The relay goes on by itself.
    if (pid === undefined) return obey(signal);
    if (reachedAll(signal, tty)) {
      // Without the relay, the program's stops are not reported any more.
      if (signal === "SIGTSTP" && hasEnded(pid)) obey(signal);
      else if (signal === "SIGTSTP") stopKeyMs = performance.now();
      return;
    }
    // `fg` wakes the whole group, this process and the program.
    if (signal === "SIGCONT" && stopped && !isStopped(pid)) stopped = false;
    else if (!hasEnded(pid)) process.kill(pid, signal);
    else if (signal === "SIGTSTP") obey(signal);
    else if (signal !== "SIGCONT") late = signal;
  }

  passSignals(pass, program.ignored);
  // Sent before the program runs. If this process is killed before it can name the program, the relay knows it by its output.
  relay.send({ kind: "start", secrets, sources: layout.sources });
  const descriptors = [...layout.program, ...further.map((fd) => [fd, fd] as const)];
  const child = startProgram(program, ours, { descriptors });
  pid = child;
  if (layout.terminal !== undefined && tty !== undefined) {
    const { master } = layout.terminal;
    process.on("SIGWINCH", () => copySize(tty, master));
  }
  const messages = messagesOf(relay);
  relay.send({ kind: "watch", pid: child });
  // The program is not reaped before the relay has a pidfd of it, so that its number stays its own.
  if ((await messages.next(({ kind }) => kind === "watching")) === undefined) {
    process.kill(child, "SIGKILL");
    throw relayLost();
  }
  letGo(run);
  for (;;) {
    const change = await waitFor(child);
    if (change.kind === "stopped") {
      stopped = true;
      stopKeyMs = Number.NEGATIVE_INFINITY;
      process.kill(process.pid, "SIGSTOP");
    }
    if (change.kind === "continued") stopped = false;
    if (change.kind !== "exited" && change.kind !== "killed") continue;
    pid = undefined;
    relay.send({ kind: "ended", change });
    // The key came while the program was ending. The reader of its output has stopped, and the shell waits for this process to stop too.
    if (performance.now() - stopKeyMs < LATE_MS) obey("SIGTSTP");
    // The relay itself waits no longer than this for the output of a killed program.
    if (late !== undefined && change.kind === "exited") setTimeout(obey, LATE_MS, late);
    if ((await messages.next(({ kind }) => kind === "flushed")) === undefined) throw relayLost();
    return endAs(change, messages);
  }
}
