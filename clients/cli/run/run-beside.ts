// The program as our child, in our process group and on the same terminal, if any; only its output is read on its way.
import { copySize, waitFor } from "./libc.ts";
import { endAs, letGo, messagesOf, type Run, relayLost } from "./run.ts";
import { hasEnded, isStopped, obey, type PassedOn, passSignals, reachedAll } from "./signals.ts";
import { startProgram } from "./start-program.ts";

/** Throws NotStarted. */
export async function runBeside(run: Run): Promise<never> {
  const { program, ours, layout, relay, tty, secrets, further } = run;
  let pid: number | undefined;
  let stopped = false;

  function pass(signal: PassedOn): void {
    // Before the program, and behind it while its output is still taken, a signal is for us. The relay goes on by itself.
    if (pid === undefined) return obey(signal);
    if (reachedAll(signal, tty)) {
      // The program cannot be stopped any more, and tells us nothing of it.
      if (signal === "SIGTSTP" && hasEnded(pid)) obey(signal);
      return;
    }
    // `fg` wakes the whole group, us and the program.
    if (signal === "SIGCONT" && stopped && !isStopped(pid)) stopped = false;
    else process.kill(pid, signal);
  }

  passSignals(pass);
  const descriptors = [...layout.program, ...further.map((fd) => [fd, fd] as const)];
  const child = startProgram(program, ours, { descriptors });
  pid = child;
  if (layout.terminal !== undefined && tty !== undefined) {
    const { master } = layout.terminal;
    process.on("SIGWINCH", () => copySize(tty, master));
  }
  const messages = messagesOf(relay);
  relay.send({ kind: "start", secrets, sources: layout.sources });
  relay.send({ kind: "watch", pid: child });
  // Until the relay holds on to the program its end is not taken note of, so that its number means nobody else.
  if ((await messages.next(({ kind }) => kind === "watching")) === undefined) {
    process.kill(child, "SIGKILL");
    throw relayLost();
  }
  letGo(run);
  for (;;) {
    const change = await waitFor(child);
    if (change.kind === "stopped") {
      stopped = true;
      process.kill(process.pid, "SIGSTOP");
    }
    if (change.kind === "continued") stopped = false;
    if (change.kind !== "exited" && change.kind !== "killed") continue;
    pid = undefined;
    relay.send({ kind: "ended", change });
    if ((await messages.next(({ kind }) => kind === "flushed")) === undefined) throw relayLost();
    return endAs(change, messages);
  }
}
