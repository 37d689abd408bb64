// The person's terminal while the program runs on a terminal of its own. Typed bytes go there as they are, but only while this job is in
// the foreground: otherwise another job may be reading here.
import { openSync } from "node:fs";
import { ReadStream } from "node:tty";
import { writeAll } from "./carry.ts";
import { copySize, foregroundOf, type Modes, modesOf, ownGroup, rawModes, setModes } from "./libc.ts";

/** Milliseconds between two checks whether the shell has put this job in the foreground. The shell announces it to nobody. */
const FRONT_MS = 100;

export type OuterTerminal = {
  /** The modes from before, which a program expects. */
  readonly modes: Modes;
  /** Takes the terminal over as soon as this job is in the foreground. */
  take(): void;
  /** Reads no more keys. */
  leaveKeys(): void;
  /** Gives the terminal back with these modes. */
  giveBack(modes: Modes): void;
  resized(): void;
};

/** The controlling terminal. Undefined where there is none. */
export function controllingTerminal(): number | undefined {
  try {
    return openSync("/dev/tty", "r+");
  } catch (error) {
    if (typeof (error as NodeJS.ErrnoException).code === "string") return undefined;
    throw error;
  }
}

/** Whether this process is in the terminal's foreground group, to which its keys send signals. */
export function isInFront(tty: number): boolean {
  try {
    return foregroundOf(tty) === ownGroup();
  } catch {
    // The terminal has gone.
    return false;
  }
}

/** `tty` is the controlling terminal. `master` is this side of the program's terminal. */
export function openOuterTerminal(tty: number, master: number): OuterTerminal {
  let modes = modesOf(tty);
  let wasInFront = isInFront(tty);
  const input = new ReadStream(tty);
  input.pause();
  let isOurs = false;
  let readsKeys = false;
  let waiting: NodeJS.Timeout | undefined;
  const resized = () => copySize(tty, master);
  input.on("data", (typed: Buffer) => {
    input.pause();
    // The program's terminal has gone, so nobody reads the typed bytes.
    void writeAll(master, typed)
      .catch(() => undefined)
      .then(() => readsKeys && input.resume());
  });
  // The terminal was closed. The signal for that comes by itself.
  input.on("error", () => undefined);

  function take(): void {
    clearTimeout(waiting);
    if (!isInFront(tty)) {
      waiting = setTimeout(take, FRONT_MS);
      return;
    }
    if (!wasInFront) {
      // This job was started in the background, so it saw the modes of a shell that reads a line.
      wasInFront = true;
      modes = modesOf(tty);
      setModes(master, modes);
    }
    setModes(tty, rawModes(modesOf(tty)));
    resized();
    isOurs = true;
    readsKeys = true;
    input.resume();
  }

  function leaveKeys(): void {
    clearTimeout(waiting);
    readsKeys = false;
    input.pause();
  }

  return {
    get modes() {
      return modes;
    },
    take,
    resized,
    leaveKeys,
    giveBack: (left) => {
      leaveKeys();
      if (isOurs && isInFront(tty)) setModes(tty, left);
      isOurs = false;
    },
  };
}
