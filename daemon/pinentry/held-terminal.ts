// A terminal while a pinentry asks on it: checked to be the person's and the asker's, and given back as it was. A pinentry gives it back
// itself after each answer. One that was killed leaves it without echo, or with the wrong screen.
import { closeSync, constants, fstatSync, openSync, writeSync } from "node:fs";
import type { Connection } from "../call/connection.ts";
import type { Native } from "../host/native.ts";
import { terminalKindOf } from "../peer/environment.ts";
import { isSameTerminalHere } from "../peer/terminal.ts";

export type HeldTerminal = {
  readonly name: string;
  /** Its kind, by a name of terminfo. Undefined where nobody says. */
  readonly kind: string | undefined;
  /** Whether the asker still has it, in the foreground. Must be asked from time to time: it also remembers the modes that the pinentry set. */
  isHeld(): boolean;
  /** Drops what was typed before the question. It must not become an answer. */
  dropTyped(): void;
  /**
   * Sets it back, where that was not done, and drops what was typed there. `left` says what a killed pinentry has left on it: a question in a
   * line, a screen of its own, or nothing.
   */
  giveBack(left: "line" | "screen" | undefined): void;
  close(): void;
};

/** Leaves the other screen, shows the cursor, and ends the keypad's mode and colours: what ncurses sends at its end. */
const LEAVING = { screen: "\u001b[?1049l\u001b[23;0;0t\u001b[?25h\u001b[?1l\u001b>\u001b[0m\r", line: "\r\n" } as const;

const AWAY = "Postern: the question comes again with the program (fg).\r\n";

/** Holds the asker's terminal. Undefined where it is not there, not the user's, or another one than the asker sees under this name. */
export function holdTerminal(native: Native, asker: Connection): HeldTerminal | undefined {
  const { pid, terminal } = asker.peer.identity;
  if (terminal?.name === undefined || !isSameTerminalHere(pid, terminal.name)) return undefined;
  const opened = openChecked(native, terminal.name, terminal.device);
  if (opened === undefined) return undefined;
  const { fd, modes: before } = opened;
  /** The modes when the asker was last seen in the foreground: the pinentry's. */
  let seen = before;

  const modes = (): Uint8Array | undefined => attempt(() => native.terminalModes(fd));

  return {
    name: terminal.name,
    kind: terminalKindOf(pid),
    isHeld: () => {
      if (!asker.isInFront()) return false;
      const now = modes();
      seen = now ?? seen;
      return now !== undefined;
    },
    dropTyped: () => void attempt(() => native.dropTyped(fd)),
    giveBack: (left) => {
      const now = modes();
      if (now === undefined) return;
      const isChanged = !isEqual(now, before);
      // A half of a PIN must not go to the program, or to the shell, which would show it.
      attempt(() => native.dropTyped(fd));
      // A shell that has taken the terminal over has set modes of its own.
      if (isChanged && (asker.isInFront() || isEqual(now, seen))) attempt(() => native.setTerminalModes(fd, before));
      // A stopped asker: the shell wrote its prompt to the screen that is left now, so the person would see nothing.
      const away = left === "screen" && asker.isSame() && !asker.isInFront() ? AWAY : "";
      // Not waited for: a person may have stopped the output.
      if (left !== undefined) attempt(() => writeSync(fd, LEAVING[left] + away));
    },
    close: () => closeSync(fd),
  };
}

/** Opens it without making it the agent's own, and looks at the open file, which nobody can exchange. */
function openChecked(native: Native, name: string, device: number): { fd: number; modes: Uint8Array } | undefined {
  const { O_RDWR, O_NOCTTY, O_NONBLOCK, O_NOFOLLOW } = constants;
  const fd = attempt(() => openSync(name, O_RDWR | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW));
  if (fd === undefined) return undefined;
  const found = fstatSync(fd);
  const isIts = found.isCharacterDevice() && found.rdev === device >>> 0 && found.uid === process.geteuid?.();
  const modes = isIts ? attempt(() => native.terminalModes(fd)) : undefined;
  if (modes !== undefined) return { fd, modes };
  closeSync(fd);
  return undefined;
}

const isEqual = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0;

/** Undefined where it fails: a terminal can be gone at any time. */
function attempt<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch {
    return undefined;
  }
}
