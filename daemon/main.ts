// The agent's process: hardened first, then one per home, then the socket, then the rest. Run by `postern agent run`.
import { homedir } from "node:os";
import { join } from "node:path";
import { dataFolder, socketPath, UnusablePath } from "../protocol/socket-path.ts";
import { readAccounts } from "./account-file.ts";
import { systemClock } from "./clock.ts";
import type { Connection } from "./connection.ts";
import { createDoor } from "./door.ts";
import { ensurePrivateFolder, removeUnfinishedWrites } from "./files.ts";
import { checkStart, harden, protections } from "./harden.ts";
import { type Listening, listenOnPassed, listenOnPath } from "./listen.ts";
import { createLoading } from "./loading.ts";
import { createLog } from "./log.ts";
import { loadNative } from "./native.ts";
import { ownPrograms } from "./own-programs.ts";
import { takeInstanceLock } from "./single-instance.ts";
import { StartRefused } from "./start-refused.ts";

/** Milliseconds the socket is open before the rest is loaded unasked: who started us asks first whether we are up. */
const LOAD_AFTER_MS = 50;

/** The next step where a variable names a path that cannot be used. */
const ANOTHER_PATH = "set the variable to another path, or unset it for the place of this system";

async function main(): Promise<void> {
  checkStart(process);
  const native = loadNative();
  harden(native);
  const log = createLog();
  const where = { env: process.env, platform: process.platform, home: homedir(), uid: process.getuid?.() };
  const home = dataFolder(where);
  ensurePrivateFolder(home);
  const lock = takeInstanceLock(join(home, "agent.lock"));
  removeUnfinishedWrites(home);

  const clock = systemClock(native.bootMs);
  const startedAt = new Date(clock.wallMs());
  const connections = new Set<Connection>();
  // Before the socket: an agent that cannot read its accounts does not start.
  const accounts = readAccounts(home);
  const loading = createLoading({
    status: () => ({
      startedAt,
      sessions: accounts.map(({ account }) => ({ account, state: "locked" })),
      tokenSessions: 0,
      openPrompts: 0,
      links: [],
      protections: protections(native),
    }),
    load: async () => (await import("./load.ts")).loadAgent({ home, native, clock, log, startedAt, connections, stop }),
    failed: (error) => {
      // With it goes the socket's file: nobody should wait for who will not answer.
      listening?.close();
      return refuse(error);
    },
  });

  let listening: Listening | undefined;
  let stopping = false;
  function stop(): void {
    if (stopping) return;
    stopping = true;
    listening?.close();
    closeAll().then(
      () => process.exit(0),
      (error: unknown) => {
        log.incident("stop", error);
        process.exit(1);
      },
    );
  }
  async function closeAll(): Promise<void> {
    await loading.close();
    lock.release();
  }

  const ours = ownPrograms(import.meta.url);
  const { dispatch, recordRefused } = loading;
  const door = createDoor({ native, clock, log, ours, connections, dispatch, recordRefused });
  listening = (await listenOnPassed(process.env, door)) ?? (await listenOnPath(socketPath(where), door));
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, stop);
  log.note("the agent listens");
  setTimeout(loading.begin, LOAD_AFTER_MS);
}

/** Says why there will be no agent, and what to do, and ends. */
function refuse(error: unknown): never {
  const known = error instanceof StartRefused || error instanceof UnusablePath;
  const text = known ? error.message : `unexpected ${error instanceof Error ? error.constructor.name : "error"}`;
  process.stderr.write(`postern agent: ${text}\n`);
  if (known) process.stderr.write(`  next: ${error instanceof StartRefused ? error.advice : ANOTHER_PATH}\n`);
  if (!known && error instanceof Error)
    process.stderr.write(
      `${(error.stack ?? "")
        .split("\n")
        .filter((line) => /^ {4}at /.test(line))
        .join("\n")}\n`,
    );
  process.exit(1);
}

main().catch(refuse);
