// Chooses the program's first three descriptors, each on its own. A terminal stays a terminal, and a redirected descriptor stays as it
// is. Output that must be read on its way passes through a pipe. If it goes to a terminal, it passes through a new terminal.
import { constants, fstatSync, openSync, statSync } from "node:fs";
import { isatty } from "node:tty";
import { copySize, modesOf, openPipe, openPty, plainOutput, setModes } from "./libc.ts";
import type { Source } from "./link.ts";

/** The program's new terminal: Postern's side, the program's side, and whether the program gets a session on it. */
export type Terminal = {
  readonly master: number;
  readonly slave: number;
  readonly path: Buffer;
  readonly leadsSession: boolean;
};

export type Layout = {
  /** The descriptors that the relay reads, each with its destination. */
  readonly sources: readonly Source[];
  /** The program's first three descriptors, and the descriptors here that they copy. */
  readonly program: readonly (readonly [to: number, from: number])[];
  /** Ends of pipes that must stay open in the program only. */
  readonly writeEnds: readonly number[];
  readonly terminal: Terminal | undefined;
};

/** `tty` says whether there is a controlling terminal for keys. */
export function layOut(hasTty: boolean): Layout {
  const terminal = isatty(1) ? openTerminal(1) : isatty(2) ? openTerminal(2) : undefined;
  const sources: Source[] = [];
  const writeEnds: number[] = [];
  const through = (to: 1 | 2): number => {
    if (isNowhere(to)) return to;
    if (terminal !== undefined && isatty(to)) {
      if (to === 2 && isatty(1) && !isSameFile(1, 2)) return aside();
      if (!sources.some(({ kind }) => kind === "terminal")) sources.push({ fd: terminal.master, to, kind: "terminal" });
      return terminal.slave;
    }
    const { read, write } = openPipe();
    sources.push({ fd: read, to, kind: "pipe" });
    writeEnds.push(write);
    return write;
  };
  /** Errors that go to another terminal than the output. */
  const aside = (): number => {
    const other = openTerminal(2);
    sources.push({ fd: other.master, to: 2, kind: "terminal" });
    writeEnds.push(other.slave);
    return other.slave;
  };
  const output = through(1);
  // Output and errors go to one file, as after `2>&1`. Through two pipes the lines would lose their order.
  const errors = output !== 1 && !isatty(1) && isSameFile(1, 2) ? output : through(2);
  const keys = terminal?.leadsSession === true && hasTty && isatty(0) && isSameFile(0, 1);
  const input = keys ? (terminal?.slave ?? 0) : 0;
  return {
    sources,
    writeEnds,
    terminal,
    program: [
      [0, input],
      [1, output],
      [2, errors],
    ],
  };
}

/**
 * A program with its output on a terminal gets a session on the new terminal, since a program that draws on a screen also sets its
 * modes. A program with only its errors on a terminal stays on the person's: in `run … | less` the keys are for less.
 */
function openTerminal(screen: 1 | 2): Terminal {
  const { master, path } = openPty();
  const slave = openSync(path, constants.O_RDWR | constants.O_NOCTTY);
  const leadsSession = screen === 1;
  // This terminal only passes errors on to the person's own terminal, which turns LF into CR LF.
  setModes(slave, leadsSession ? modesOf(screen) : plainOutput(modesOf(screen)));
  copySize(screen, master);
  return { master, slave, path, leadsSession };
}

/** Whether nobody reads this descriptor. A closed one counts too: Node opens /dev/null in its place. */
function isNowhere(fd: number): boolean {
  const [found, nowhere] = [fstatSync(fd), statSync("/dev/null")];
  return found.isCharacterDevice() && found.rdev === nowhere.rdev;
}

function isSameFile(one: number, other: number): boolean {
  const [first, second] = [fstatSync(one, { bigint: true }), fstatSync(other, { bigint: true })];
  return first.dev === second.dev && first.ino === second.ino && first.rdev === second.rdev;
}
