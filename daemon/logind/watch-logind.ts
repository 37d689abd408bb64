// Hears from logind that the machine is about to sleep, or that a screen of this user was locked. The system's own programs do the talking: gdbus prints the
// signals, and systemd-inhibit holds the sleep back until this agent has locked.
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import type { Clock } from "../host/clock.ts";
import type { Log } from "../host/log.ts";
import { type LogindPrograms, outputOf, type Running, startProgram, wordsOf } from "./programs.ts";
import { createSessionUsers } from "./session-users.ts";
import { ownedBy, signalOf, userIn } from "./signals.ts";

/** Why an account is locked. */
export type LockReason = "the machine sleeps" | "the screen was locked";

export type LogindParts = {
  readonly programs: LogindPrograms;
  readonly uid: number;
  readonly clock: Pick<Clock, "monotonicMs" | "after">;
  readonly log: Log;
  /** Locks. The sleep is held back until this is fulfilled, for as long as logind allows (5 s by default). */
  readonly lock: (why: LockReason) => Promise<void>;
  /** The system's bus, D-Bus Specification, "Well-known Message Bus Instances". Tests name another place. */
  readonly bus?: string;
};

export type Logind = {
  /** An account is open: listens, where it does not already. Never throws. */
  begin(): void;
  /** No account is open any more. */
  end(): void;
  /** Whether it hears of the screen, or will once an account is open. */
  hears(): boolean;
};

const NAME = "org.freedesktop.login1";

/** Looked for first, so that nothing is started for nothing in a container. */
const BUS = "/run/dbus/system_bus_socket";

const monitor = ["monitor", "--system", "--dest", NAME];

const inhibiting = [
  "--what=sleep",
  "--mode=delay",
  "--who=Postern",
  "--why=Locks the vaults before the machine sleeps",
  "--",
];

/** What a look-up of a session's user may take. The bus answers in some milliseconds, with some dozen characters. */
const LOOK_UP = { ms: 2_000, length: 1024 } as const;

/** Starts anew within a minute, after an end that nobody wished. Any program of the user can end the monitor, as often as it likes. */
export const RESTARTS_MAX = 3;

const MINUTE_MS = 60_000;

export function createLogind(parts: LogindParts): Logind {
  const { programs, clock, log, bus = BUS } = parts;
  let running: Running | undefined;
  let isWanted = false;
  /** Whether logind is on the bus. */
  let isOwned = false;
  /** When it started anew, within the last minute. */
  let restarts: number[] = [];
  let cancelRestart: (() => void) | undefined;
  const others = onceAMinute(clock, (more) => log.note("the screen of another user was locked", { more }));
  const users = createSessionUsers(parts.uid, lookUp);

  function begin(): void {
    isWanted = true;
    attempt();
  }

  function end(): void {
    isWanted = false;
    cancelRestart?.();
    cancelRestart = undefined;
    running?.kill();
    running = undefined;
  }

  /** Starts, where it is wanted and not running. An error is for the log: an account opens and locks without logind too. */
  function attempt(): void {
    if (!isWanted || running !== undefined || cancelRestart !== undefined) return;
    if (!existsSync(bus)) return unheard("there is no bus of the system");
    guarded(() => start(true));
  }

  function guarded(act: () => void): void {
    try {
      act();
    } catch (error) {
      log.incident("logind", error);
    }
  }

  function start(holdsSleepBack: boolean): void {
    const words = holdsSleepBack ? wordsOf(programs.inhibitor, inhibiting, programs.bus) : wordsOf(programs.bus);
    if (words === undefined) return holdsSleepBack ? start(false) : unheard("its programs are not there");
    const child = startProgram(programs.starter, [...words, ...monitor]);
    if (child === undefined) return unheard("setpriv cannot be started");
    running = child;
    isOwned = false;
    let heard = false;
    createInterface({ input: child.stdout }).on("line", (line) => {
      heard = true;
      hear(line, child);
    });
    child.onEnd(() => {
      if (running !== child) return;
      running = undefined;
      if (!isWanted) return;
      // Without logind the monitor waits for it, so an early end is the inhibitor's.
      if (holdsSleepBack && !heard) return guarded(() => start(false));
      unheard("its program has ended");
      startAnew();
    });
  }

  /** At once, or as soon as the limit of the minute allows. */
  function startAnew(): void {
    const now = clock.monotonicMs();
    restarts = restarts.filter((at) => now - at < MINUTE_MS);
    const [oldest = now] = restarts;
    if (restarts.length >= RESTARTS_MAX) {
      cancelRestart ??= clock.after(oldest + MINUTE_MS - now, () => {
        cancelRestart = undefined;
        startAnew();
      });
      return;
    }
    restarts.push(now);
    attempt();
  }

  function unheard(why: string): void {
    log.note("logind is not heard", { why });
  }

  function hear(line: string, child: Running): void {
    if (running !== child) return;
    const owned = ownedBy(line);
    if (owned !== undefined) {
      isOwned = owned;
      users.forget();
    }
    const signal = signalOf(line);
    if (signal === undefined) return;
    if (signal.kind === "sleep") return beforeSleep(child);
    users.isOurs(signal.session).then(
      (ours) => (ours ? lock("the screen was locked") : others()),
      (error: unknown) => log.incident("logind", error),
    );
  }

  /**
   * The end of the program lets the machine sleep. So the lock must not end it on its way: it comes when the keys are wiped. The next unlock begins anew,
   * also during this lock, and its program is another one. Where the lock failed, an account is still open.
   */
  function beforeSleep(child: Running): void {
    running = undefined;
    void lock("the machine sleeps").finally(() => {
      child.kill();
      if (isWanted && running === undefined) startAnew();
    });
  }

  const lock = (why: LockReason) => parts.lock(why).catch((error: unknown) => log.incident("lock", error));

  async function lookUp(session: string): Promise<number | undefined> {
    const get = ["call", "--system", "--dest", NAME, "--object-path", session];
    const method = ["--method", "org.freedesktop.DBus.Properties.Get", `${NAME}.Session`, "User"];
    const words = wordsOf(programs.bus);
    return words === undefined
      ? undefined
      : userIn(await outputOf(programs.starter, [...words, ...get, ...method], LOOK_UP));
  }

  function hears(): boolean {
    if (running !== undefined) return isOwned;
    return !isWanted && existsSync(bus) && wordsOf(programs.starter, programs.bus) !== undefined;
  }

  return { begin, end, hears };
}

/** Acts at once, and then once a minute at most. It is told how often it was called in between. */
function onceAMinute(clock: Pick<Clock, "monotonicMs">, act: (more: number) => void): () => void {
  let last: number | undefined;
  let more = 0;
  return () => {
    const now = clock.monotonicMs();
    if (last !== undefined && now - last < MINUTE_MS) return void more++;
    last = now;
    act(more);
    more = 0;
  };
}
