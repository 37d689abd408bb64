// The agent's process: hardened first, then one per home, then the socket. Run by `postern agent run`.
import { homedir } from "node:os";
import { join } from "node:path";
import { EMBEDDED_ORIGIN, type ServiceAddress } from "../clients/account/service-client.ts";
import { dataFolder, socketPath, UnusablePath } from "../protocol/socket-path.ts";
import type { Store } from "../service/store/sqlite.ts";
import { createAgent } from "./agent.ts";
import { withArgon2Queue } from "./argon2-queue.ts";
import { systemClock } from "./clock.ts";
import { ensurePrivateFolder, removeUnfinishedWrites } from "./files.ts";
import { checkStart, harden } from "./harden.ts";
import { type Listening, listenOnPassed, listenOnPath } from "./listen.ts";
import { createLog } from "./log.ts";
import { loadNative } from "./native.ts";
import { ownPrograms } from "./own-programs.ts";
import { takeInstanceLock } from "./single-instance.ts";
import { loadSodium } from "./sodium.ts";
import { StartRefused } from "./start-refused.ts";

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

  const p = withArgon2Queue(loadSodium());
  let store: Store | undefined;
  let app: Promise<ServiceAddress> | undefined;
  const openEmbedded = async (): Promise<ServiceAddress> => {
    // Loaded when an account first needs it: an agent whose account lives elsewhere never does, and none waits for it to start.
    const [{ createApp }, { openSqlite }] = await Promise.all([
      import("../service/app.ts"),
      import("../service/store/sqlite.ts"),
    ]);
    store = await openSqlite(join(home, "service.sqlite"));
    const built = await createApp({
      store,
      primitives: p,
      origin: EMBEDDED_ORIGIN,
      onUnforeseen: (thrown) => log.incident("service", thrown),
    });
    return { origin: EMBEDDED_ORIGIN, fetch: built.fetch };
  };

  let listening: Listening | undefined;
  let stopping = false;
  const stop = () => {
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
  };
  const agent = createAgent({
    home,
    p,
    native,
    clock: systemClock(native.bootMs),
    log,
    ours: ownPrograms(import.meta.url),
    embedded: () => {
      app ??= openEmbedded();
      return app;
    },
    stop,
  });
  async function closeAll(): Promise<void> {
    await agent.close();
    await store?.close();
    lock.release();
  }

  const door = { native, onSocket: agent.onSocket, onRefused: agent.onRefused };
  listening = (await listenOnPassed(process.env, door)) ?? (await listenOnPath(socketPath(where), door));
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, stop);
  log.note("the agent listens");
}

main().catch((error: unknown) => {
  const known = error instanceof StartRefused || error instanceof UnusablePath;
  const text = known ? error.message : `unexpected ${error instanceof Error ? error.constructor.name : "error"}`;
  process.stderr.write(`postern agent: ${text}\n`);
  if (error instanceof StartRefused) process.stderr.write(`  next: ${error.advice}\n`);
  if (!known && error instanceof Error)
    process.stderr.write(
      `${(error.stack ?? "")
        .split("\n")
        .filter((line) => /^ {4}at /.test(line))
        .join("\n")}\n`,
    );
  process.exit(1);
});
