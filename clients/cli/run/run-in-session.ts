// Runs the program in a session of its own on a new terminal. The relay starts it. The keys of the person's terminal go to the new one,
// which gives them their meaning (Ctrl-C, Ctrl-Z). The relay reports stops and the end.
import { NotStarted } from "../terminal/exit-code.ts";
import type { Terminal } from "./layout.ts";
import { modesOf, plainOutput, setModes } from "./libc.ts";
import { limitText, type SessionProgram } from "./link.ts";
import { type OuterTerminal, openOuterTerminal } from "./outer-terminal.ts";
import { endAs, letGo, messagesOf, type Run, relayLost } from "./run.ts";
import { obey, passSignals, signalNumber } from "./signals.ts";

/**
 * Milliseconds after which this process's own stop counts as failed. The kernel does not stop an orphaned process group, since nobody
 * could wake it. The time while stopped does not count.
 */
const STOP_MS = 20;

/** Throws NotStarted. */
export async function runInSession(run: Run, terminal: Terminal): Promise<never> {
  const { layout, relay, tty, secrets } = run;
  const messages = messagesOf(relay);
  const outer = tty === undefined ? undefined : openOuterTerminal(tty, terminal.master);
  const modes = outer === undefined ? {} : { modes: outer.modes.toString("base64") };
  const program = sessionProgram(run, terminal);
  // Without a controlling terminal nobody passes keys on, and the terminal behind turns LF into CR LF itself.
  if (outer === undefined) setModes(terminal.master, plainOutput(modesOf(terminal.master)));
  const { sleep, over, obeyOurselves } = listen(run, outer);
  // Set before the program can print anything, since a quick answer is for the program.
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
    const message = await messages.next(({ kind }) => kind === "change" || kind === "ending" || kind === "late");
    if (message?.kind === "ending") {
      // Keys from now on are for the next reader of the terminal.
      outer?.leaveKeys();
      over();
      continue;
    }
    if (message?.kind === "late") {
      over();
      obeyOurselves(message.signal);
      continue;
    }
    // The relay led the terminal's session. So the terminal and the program have gone too.
    if (message?.kind !== "change") {
      outer?.giveBack(outer.modes);
      throw relayLost();
    }
    const { change } = message;
    if (change.kind === "stopped") await sleep(change.signal);
    if (change.kind !== "exited" && change.kind !== "killed") continue;
    // The person's terminal gets the modes that the program left on its own.
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
    ignored: program.ignored,
    descriptors: [...layout.program, ...further.map((fd) => [fd, fd] as const)],
    owned: [...layout.writeEnds, ...further],
    terminal: slave,
  };
}

/**
 * Passes signals on. `sleep` stops this process as the program was stopped, and wakes the program when this process is woken. After
 * `over`, while output still arrives, this process obeys a signal itself. The relay goes on alone.
 */
function listen(
  { relay, program }: Run,
  outer: OuterTerminal | undefined,
): { sleep(signal: number): Promise<void>; over(): void; obeyOurselves(signal: NodeJS.Signals): void } {
  let isAsleep = false;
  let isOver = false;
  const obeyOurselves = (signal: NodeJS.Signals) => {
    outer?.giveBack(outer.modes);
    obey(signal);
  };
  const pass = () =>
    passSignals((signal) => {
      if (signal === "SIGCONT" && isAsleep) return;
      if (isOver) obeyOurselves(signal);
      else relay.send({ kind: "signal", signal });
    }, program.ignored);
  pass();
  process.on("SIGWINCH", () => outer?.resized());
  return {
    obeyOurselves,
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
      relay.send({ kind: "signal", signal: "SIGCONT", group: true });
    },
  };
}

/** Ctrl-Z stops the whole job. In `producer | postern run -- less` that includes the producer. */
function stopOurselves(signal: number): void {
  if (signal !== signalNumber("SIGTSTP")) {
    process.kill(process.pid, "SIGSTOP");
    return;
  }
  process.removeAllListeners("SIGTSTP");
  process.kill(0, "SIGTSTP");
}
