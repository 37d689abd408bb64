// The program in a session of its own on a new terminal, where the relay has started it. The keys of the person's terminal go
// there; what they mean (Ctrl-C, Ctrl-Z) is decided there. Stops and the end are told by the relay.
import { NotStarted } from "../terminal/exit-code.ts";
import type { Terminal } from "./layout.ts";
import { modesOf, plainOutput, setModes } from "./libc.ts";
import { limitText, type SessionProgram } from "./link.ts";
import { type OuterTerminal, openOuterTerminal } from "./outer-terminal.ts";
import { endAs, letGo, messagesOf, type Run, relayLost } from "./run.ts";
import { obey, passSignals, signalNumber } from "./signals.ts";

/**
 * Milliseconds after which a stop of ourselves that did not stop us is over: nobody could have woken us (an orphaned process
 * group). Being stopped takes no time of this.
 */
const STOP_MS = 20;

/** Throws NotStarted. */
export async function runInSession(run: Run, terminal: Terminal): Promise<never> {
  const { layout, relay, tty, secrets } = run;
  const messages = messagesOf(relay);
  const outer = tty === undefined ? undefined : openOuterTerminal(tty, terminal.master);
  const modes = outer === undefined ? {} : { modes: outer.modes.toString("base64") };
  const program = sessionProgram(run, terminal);
  // Nobody passes keys on where there is no controlling terminal, and the one behind turns LF into CR LF itself.
  if (outer === undefined) setModes(terminal.master, plainOutput(modesOf(terminal.master)));
  const { sleep, over } = listen(run, outer);
  // Before the program can say anything: who answers at once means the program.
  outer?.take();
  relay.send({ kind: "start", secrets, sources: layout.sources, program, ...modes });
  const begun = await messages.next(({ kind }) => kind === "watching" || kind === "failed");
  if (begun?.kind !== "watching") {
    outer?.giveBack(outer.modes);
    if (begun?.kind !== "failed") throw relayLost();
    throw new NotStarted(run.program.words[0]?.toString() ?? "", begun.code);
  }
  letGo(run);
  for (;;) {
    const message = await messages.next(({ kind }) => kind === "change" || kind === "ending");
    if (message?.kind === "ending") {
      // What is typed from here on is for whoever reads the terminal next.
      outer?.leaveKeys();
      over();
      continue;
    }
    // The terminal that it led has gone with it, and the program too.
    if (message?.kind !== "change") {
      outer?.giveBack(outer.modes);
      throw relayLost();
    }
    const { change } = message;
    if (change.kind === "stopped") await sleep(change.signal);
    if (change.kind !== "exited" && change.kind !== "killed") continue;
    // The modes that the program leaves are those it would have left on the person's terminal.
    outer?.giveBack(modesOf(terminal.master));
    return endAs(change, messages);
  }
}

function sessionProgram({ program, layout, further }: Run, { slave }: Terminal): SessionProgram {
  const base64 = (bytes: Buffer) => bytes.toString("base64");
  return {
    words: program.words.map(base64),
    variables: program.variables.map(base64),
    openFiles: limitText(program.openFiles),
    coreFiles: limitText(program.coreFiles),
    descriptors: [...layout.program, ...further.map((fd) => [fd, fd] as const)],
    owned: [...layout.writeEnds, ...further],
    terminal: slave,
  };
}

/**
 * Passes signals on. `sleep` stops us as the program was stopped, and wakes it when we are woken. After `over` a signal is for us,
 * while the output is still taken; the relay goes on by itself.
 */
function listen(
  { relay }: Run,
  outer: OuterTerminal | undefined,
): { sleep(signal: number): Promise<void>; over(): void } {
  let isAsleep = false;
  let isOver = false;
  const pass = () =>
    passSignals((signal) => {
      if (signal === "SIGCONT" && isAsleep) return;
      if (isOver) {
        outer?.giveBack(outer.modes);
        return obey(signal);
      }
      relay.send({ kind: "signal", signal: signalNumber(signal) });
    });
  pass();
  process.on("SIGWINCH", () => outer?.resized());
  return {
    over: () => {
      isOver = true;
    },
    sleep: async (signal) => {
      outer?.giveBack(outer.modes);
      isAsleep = true;
      stopOurselves(signal);
      await new Promise((resolve) => setTimeout(resolve, STOP_MS));
      isAsleep = false;
      pass();
      outer?.take();
      relay.send({ kind: "signal", signal: signalNumber("SIGCONT"), group: true });
    },
  };
}

/** Ctrl-Z stops the whole job: in `producer | postern run -- less` the producer too. */
function stopOurselves(signal: number): void {
  if (signal !== signalNumber("SIGTSTP")) {
    process.kill(process.pid, "SIGSTOP");
    return;
  }
  process.removeAllListeners("SIGTSTP");
  process.kill(0, "SIGTSTP");
}
