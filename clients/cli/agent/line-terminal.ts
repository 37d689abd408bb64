// The person's terminal while a command asks for a proof. The kernel edits the line, as for ssh and sudo: so Ctrl-C and Ctrl-Z are signals,
// and a narrow, plain or raw terminal makes no difference. What was typed before the question is dropped, and so is what was typed behind the
// answer: neither may become an answer or a command.
import { closeSync } from "node:fs";
import { ReadStream } from "node:tty";
import { lineModes, type Modes, modesOf, setModesAndFlush } from "../run/libc.ts";
import { controllingTerminal, isInFront } from "../run/outer-terminal.ts";
import { writeBlocking } from "../terminal/stderr.ts";

export type LineTerminal = {
  /** Writes lines for the person. */
  write(text: string): void;
  /**
   * Calls `ask`, which writes the question, and reads one line. Undefined where the signal ends it, at Ctrl-D, and where the terminal has gone.
   * After a stop (Ctrl-Z) `ask` is called once more, with true.
   */
  readLine(ask: (again: boolean) => void, echo: "shown" | "hidden", signal: AbortSignal): Promise<string | undefined>;
  /** Gives the terminal back as it was. */
  close(): void;
};

/** Milliseconds between two looks whether this job is in the foreground. The shell announces it to nobody. */
export const FRONT_MS = 100;

/** The signals that end a command. The terminal is given back first. */
const ENDING = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const;

/** Whether this command is in the foreground of a terminal. Only Linux is known here; elsewhere a person answers by the code. */
export function isAtTerminal(): boolean {
  const tty = process.platform === "linux" ? controllingTerminal() : undefined;
  if (tty === undefined) return false;
  const inFront = isInFront(tty);
  closeSync(tty);
  return inFront;
}

/** Opens the controlling terminal. Undefined where there is none. */
export function openLineTerminal(): LineTerminal | undefined {
  const output = controllingTerminal();
  const input = output === undefined ? undefined : controllingTerminal();
  if (output === undefined || input === undefined) return undefined;
  // The modes from before. Undefined while they are in force.
  let before: Modes | undefined;
  const keys = new ReadStream(input).pause();
  let onLine: (line: string | undefined) => void = () => undefined;
  let askAgain: () => void = () => undefined;
  keys.on("data", (typed: Buffer) => {
    keys.pause();
    onLine(lineIn(typed));
  });
  keys.on("end", () => onLine(undefined));
  keys.on("error", () => onLine(undefined));

  function giveBack(): void {
    if (before === undefined) return;
    const modes = before;
    before = undefined;
    // In the background the kernel would stop this process. The shell has set its own modes by then.
    if (isInFront(output as number)) setModesAndFlush(output as number, modes);
  }

  /** Gives the terminal back in the middle of a line. */
  function leave(): void {
    if (before !== undefined) writeBlocking(output as number, Buffer.from("\n"));
    giveBack();
  }

  function take(echo: "shown" | "hidden"): void {
    before ??= modesOf(output as number);
    setModesAndFlush(output as number, lineModes(before, echo));
  }

  const endings = ENDING.map((signal) => {
    const end = () => {
      leave();
      process.off(signal, end);
      // Where the command has no listener of its own, the signal ends it as it would have.
      if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
    };
    process.prependListener(signal, end);
    return () => process.off(signal, end);
  });
  function stop(): void {
    leave();
    process.off("SIGTSTP", stop);
    process.kill(process.pid, "SIGTSTP");
    process.on("SIGTSTP", stop);
    // Without a shell above it the kernel does not stop a command, and no signal says that it goes on. One that was stopped has had that signal by the
    // second turn, and has asked again.
    setImmediate(() => setImmediate(() => before === undefined && askAgain()));
  }
  process.on("SIGTSTP", stop);
  process.on("exit", giveBack);

  function readLine(
    ask: (again: boolean) => void,
    echo: "shown" | "hidden",
    signal: AbortSignal,
  ): Promise<string | undefined> {
    let asked = false;
    const begin = () => {
      if (!isInFront(output as number)) return false;
      take(echo);
      ask(asked);
      asked = true;
      keys.resume();
      return true;
    };
    return new Promise((resolve, reject) => {
      let timer: NodeJS.Timeout | undefined;
      const done = (line: string | undefined) => {
        clearTimeout(timer);
        process.off("SIGCONT", again);
        signal.removeEventListener("abort", abort);
        onLine = () => undefined;
        askAgain = () => undefined;
        keys.pause();
        resolve(line);
      };
      const abort = () => {
        giveBack();
        done(undefined);
      };
      /** Begins as soon as this job is in the foreground. */
      const again = () => {
        clearTimeout(timer);
        keys.pause();
        try {
          if (!begin()) timer = setTimeout(again, FRONT_MS);
        } catch (error) {
          done(undefined);
          if (!isGone(error)) reject(error);
        }
      };
      onLine = done;
      askAgain = again;
      process.on("SIGCONT", again);
      signal.addEventListener("abort", abort, { once: true });
      if (signal.aborted) abort();
      else again();
    });
  }

  return {
    write: (text) => writeBlocking(output, Buffer.from(text)),
    readLine,
    close: () => {
      giveBack();
      process.off("exit", giveBack);
      // A signal that has already come waits for the loop's next look, and would be lost without a listener. Where a window is closed, it comes
      // together with the end of the input. The second call runs behind that look.
      setImmediate(() =>
        setImmediate(() => {
          for (const off of endings) off();
          process.off("SIGTSTP", stop);
        }),
      );
      keys.destroy();
      closeSync(output);
    },
  };
}

/** The line without its newline. Undefined at the end of the input. The kernel gives one line at a time. */
function lineIn(typed: Buffer): string | undefined {
  const text = typed.toString("utf8");
  const end = text.indexOf("\n");
  return end === -1 ? undefined : text.slice(0, end);
}

/** Whether the terminal was closed. The signal for that comes by itself. */
function isGone(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "EIO" || code === "ENXIO" || code === "ENOTTY";
}
