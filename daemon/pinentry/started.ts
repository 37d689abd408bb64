// A running pinentry: which programs there are, how one is started, and how it is ended. Nothing secret is among its arguments and variables.
import { spawn } from "node:child_process";
import { trustedProgram, UntrustedProgram } from "../approval/trusted-program.ts";
import { childEnvironment } from "../host/environment.ts";
import { type Assuan, createAssuan } from "./assuan.ts";

/** A pinentry cannot ask now. The next way is tried. The message holds nothing of what it sent. */
export class Unavailable extends Error {
  override readonly name = "Unavailable";
}

/** A program that asks, and the agent's own variables that it needs. */
export type Pinentry = {
  readonly path: string;
  readonly variables: readonly string[];
  /** Whether it takes the whole screen of its terminal. */
  readonly takesScreen?: true;
};

/** The programs of the machine. */
export type Pinentries = {
  /** Starts the others so that they end with the agent, even if it is killed. */
  readonly starter: string;
  readonly window: readonly Pinentry[];
  readonly terminal: readonly Pinentry[];
};

const display = ["DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "XDG_RUNTIME_DIR"];

/**
 * In the order in which they are tried. Qt's window takes both kinds of display, and shows lines as they are. GTK's takes one kind, and
 * breaks lines itself. GNOME's needs another program that draws its window, found over the session's bus. On a terminal pinentry-curses takes the
 * whole screen, so that what the program prints there meanwhile does not tear the question apart. pinentry-tty asks in a line, and works where
 * the terminal is too small or of an unknown kind.
 */
export const pinentries: Pinentries = {
  starter: "/usr/bin/setpriv",
  window: [
    { path: "/usr/bin/pinentry-qt", variables: display },
    { path: "/usr/bin/pinentry-gtk-2", variables: display },
    { path: "/usr/bin/pinentry-gnome3", variables: [...display, "DBUS_SESSION_BUS_ADDRESS"] },
  ],
  terminal: [
    { path: "/usr/bin/pinentry-curses", variables: [], takesScreen: true },
    { path: "/usr/bin/pinentry-tty", variables: [] },
  ],
};

/** Milliseconds from its start to its greeting. A window's libraries take most of a second on a slow disk. */
const START_MS_MAX = 10_000;

export type Started = {
  readonly assuan: Assuan;
  readonly pid: number;
  /** Kills it at once. It gives no terminal back. */
  kill(): void;
  /** Fulfilled once it has ended. */
  readonly ended: Promise<void>;
};

/**
 * Starts one and waits for its greeting. Throws Unavailable where it is not there, is not only root's to change, or does not greet; and where the
 * signal ends the wait.
 */
export async function startPinentry(
  { path, variables }: Pinentry,
  starter: string,
  env: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): Promise<Started> {
  const real = trusted(path);
  // Where the agent is killed they end by SIGINT. pinentry-tty gives its terminal back at no other signal.
  const child = spawn(trusted(starter), ["--pdeathsig", "INT", "--", real], {
    cwd: "/",
    // No home: a settings file there could load code into the window.
    env: { ...childEnvironment, HOME: "/", ...picked(env, variables) },
    stdio: ["pipe", "pipe", "ignore"],
    // In a session of its own, so that it has no controlling terminal and no key reaches it as a signal.
    detached: true,
  });
  const ended = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", () => resolve());
  });
  const assuan = createAssuan(child.stdout, child.stdin);
  const started: Started = {
    assuan,
    pid: child.pid ?? 0,
    kill: () => void child.kill("SIGKILL"),
    ended,
  };
  const giveUp = started.kill;
  const timer = setTimeout(giveUp, START_MS_MAX);
  signal.addEventListener("abort", giveUp, { once: true });
  try {
    if (signal.aborted || !(await assuan.greeting()).ok) throw new Unavailable("it did not greet");
    return started;
  } catch (error) {
    started.kill();
    await ended;
    throw error;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", giveUp);
  }
}

function trusted(path: string): string {
  try {
    return trustedProgram(path);
  } catch (error) {
    if (error instanceof UntrustedProgram) throw new Unavailable(error.message);
    throw error;
  }
}

function picked(env: Readonly<Record<string, string | undefined>>, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
}
