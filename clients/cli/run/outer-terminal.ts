// The person's terminal while a program runs on one of its own: bytes typed here go there, as they are. Only while this job is
// in front: another one may be reading here meanwhile.
import { openSync } from "node:fs";
import { ReadStream } from "node:tty";
import { writeAll } from "./carry.ts";
import { copySize, foregroundOf, type Modes, modesOf, ownGroup, rawModes, setModes } from "./libc.ts";

/** Milliseconds between two looks whether the shell has put this job in front: it tells nobody. */
const FRONT_MS = 100;

export type OuterTerminal = {
  /** Its modes before it was ours, as a program finds them. */
  readonly modes: Modes;
  /** Takes the terminal over as soon as this job is in front. */
  take(): void;
  /** Reads no more keys. */
  leaveKeys(): void;
  /** Gives it back with these modes. */
  giveBack(modes: Modes): void;
  resized(): void;
};

/** The controlling terminal; undefined where there is none. */
export function controllingTerminal(): number | undefined {
  try {
    return openSync("/dev/tty", "r+");
  } catch (error) {
    if (typeof (error as NodeJS.ErrnoException).code === "string") return undefined;
    throw error;
  }
}

/** Whether this process is among those that the terminal's keys send signals to. */
export function isInFront(tty: number): boolean {
  try {
    return foregroundOf(tty) === ownGroup();
  } catch {
    // The terminal has gone.
    return false;
  }
}

/** `tty` is the controlling terminal, `master` our side of the program's. */
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
    // The program's terminal has gone: what was typed is for nobody.
    void writeAll(master, typed)
      .catch(() => undefined)
      .then(() => readsKeys && input.resume());
  });
  // A terminal that was closed; the signal of that comes by itself.
  input.on("error", () => undefined);

  function take(): void {
    clearTimeout(waiting);
    if (!isInFront(tty)) {
      waiting = setTimeout(take, FRONT_MS);
      return;
    }
    if (!wasInFront) {
      // Started in the background, it met the modes of a shell that reads a line.
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
