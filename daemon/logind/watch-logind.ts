// Hears from logind that the machine is about to sleep, or that a screen of this user was locked. The system's own programs do the talking: gdbus prints the
// signals, and systemd-inhibit holds the sleep back until this agent has locked.
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { trustedProgram, UntrustedProgram } from "../approval/trusted-program.ts";
import { childEnvironment } from "../host/environment.ts";
import type { Log } from "../host/log.ts";
import { ownedBy, signalOf, userIn } from "./signals.ts";

/** The programs of the machine. */
export type LogindPrograms = { readonly starter: string; readonly inhibitor: string; readonly bus: string };

export const logindPrograms: LogindPrograms = {
  starter: "/usr/bin/setpriv",
  inhibitor: "/usr/bin/systemd-inhibit",
  bus: "/usr/bin/gdbus",
};

/** Why an account is locked. */
export type LockReason = "the machine sleeps" | "the screen was locked";

export type LogindParts = {
  readonly programs: LogindPrograms;
  readonly uid: number;
  readonly log: Log;
  /** Locks. The sleep is held back until this is fulfilled, for as long as logind allows (5 s by default). */
  readonly lock: (why: LockReason) => Promise<void>;
};

export type Logind = {
  /** An account is open: listens, where it does not already. */
  begin(): void;
  /** No account is open any more. */
  end(): void;
  /** Whether it hears of the screen, or will once an account is open. */
  hears(): boolean;
};

const NAME = "org.freedesktop.login1";

/** The system's bus, D-Bus Specification, "Well-known Message Bus Instances". Looked for first, so that nothing is started for nothing in a container. */
const BUS = "/run/dbus/system_bus_socket";

const monitor = ["monitor", "--system", "--dest", NAME];

const inhibiting = [
  "--what=sleep",
  "--mode=delay",
  "--who=Postern",
  "--why=Locks the vaults before the machine sleeps",
  "--",
];

/** Milliseconds in which a user's session is looked up. The bus answers in some. */
const LOOK_UP_MS = 2_000;

export function createLogind(parts: LogindParts): Logind {
  const { programs, log } = parts;
  let running: ChildProcess | undefined;
  let isWanted = false;
  /** Whether logind is on the bus. */
  let isOwned = false;

  function begin(): void {
    isWanted = true;
    if (!existsSync(BUS)) return unheard("there is no bus of the system");
    if (running === undefined) start(true);
  }

  function end(): void {
    isWanted = false;
    running?.kill();
    running = undefined;
  }

  function start(holdsSleepBack: boolean): void {
    const words = holdsSleepBack ? wordsOf(programs.inhibitor, inhibiting, programs.bus) : wordsOf(programs.bus);
    if (words === undefined) return holdsSleepBack ? start(false) : unheard("its programs are not there");
    const child = startProgram([...words, ...monitor]);
    if (child === undefined) return unheard("setpriv is not there");
    running = child;
    isOwned = false;
    let heard = false;
    createInterface({ input: child.stdout }).on("line", (line) => {
      heard = true;
      hear(line, child);
    });
    child.once("error", () => undefined);
    child.once("close", () => {
      if (running !== child) return;
      running = undefined;
      // Without logind the monitor waits for it, so an early end is the inhibitor's.
      if (isWanted && holdsSleepBack && !heard) start(false);
      else if (isWanted) unheard("its program has ended");
    });
  }

  function unheard(why: string): void {
    log.note("logind is not heard", { why });
  }

  function hear(line: string, child: ChildProcess): void {
    if (running !== child) return;
    isOwned = ownedBy(line) ?? isOwned;
    const signal = signalOf(line);
    if (signal === undefined) return;
    if (signal.kind === "sleep") return beforeSleep(child);
    isOurs(signal.session).then(
      (ours) => (ours ? lock("the screen was locked") : log.note("the screen of another user was locked", {})),
      (error: unknown) => log.incident("logind", error),
    );
  }

  /**
   * The end of the program lets the machine sleep. So the lock must not end it on its way: it comes when the keys are wiped. The next unlock begins anew.
   */
  function beforeSleep(child: ChildProcess): void {
    running = undefined;
    void lock("the machine sleeps").finally(() => child.kill());
  }

  const lock = (why: LockReason) => parts.lock(why).catch((error: unknown) => log.incident("lock", error));

  /** Whether a session is this user's. One that cannot be looked up counts: a lock too many costs a password, one too few costs more. */
  async function isOurs(session: string): Promise<boolean> {
    const get = ["call", "--system", "--dest", NAME, "--object-path", session];
    const method = ["--method", "org.freedesktop.DBus.Properties.Get", `${NAME}.Session`, "User"];
    const words = wordsOf(programs.bus);
    const user = words === undefined ? undefined : userIn(await said([...words, ...get, ...method]));
    return user === undefined || user === parts.uid;
  }

  /** The output of a program, as far as it came in time. */
  function said(words: readonly string[]): Promise<string> {
    return new Promise((resolve) => {
      const child = startProgram(words);
      if (child === undefined) return resolve("");
      let out = "";
      const timer = setTimeout(() => child.kill(), LOOK_UP_MS).unref();
      child.stdout.setEncoding("utf8").on("data", (text: string) => {
        out = (out + text).slice(0, 1024);
      });
      child.once("error", () => undefined);
      child.once("close", () => {
        clearTimeout(timer);
        resolve(out);
      });
    });
  }

  /** Starts a program that ends with the agent, even where that is killed. */
  function startProgram(words: readonly string[]) {
    const starter = trusted(programs.starter);
    if (starter === undefined) return undefined;
    const child = spawn(starter, ["--pdeathsig", "TERM", "--", ...words], {
      cwd: "/",
      env: { ...childEnvironment },
      stdio: ["ignore", "pipe", "ignore"],
      detached: true,
    });
    child.unref();
    return child;
  }

  function hears(): boolean {
    if (running !== undefined) return isOwned;
    return !isWanted && existsSync(BUS) && wordsOf(programs.starter, programs.bus) !== undefined;
  }

  return { begin, end, hears };
}

/** Programs by their real paths, with the words between. Undefined where one is not only root's to change. */
function wordsOf(...parts: readonly (string | readonly string[])[]): string[] | undefined {
  const words: string[] = [];
  for (const part of parts) {
    const found = typeof part === "string" ? trusted(part) : part;
    if (found === undefined) return undefined;
    words.push(...[found].flat());
  }
  return words;
}

function trusted(path: string): string | undefined {
  try {
    return trustedProgram(path);
  } catch (error) {
    if (error instanceof UntrustedProgram) return undefined;
    throw error;
  }
}
