// An agent in this process, made as main.ts makes it, on a real socket and a real service. The test moves its clock, and can cut its way to
// the service. For tests that would take minutes, and for a service in trouble.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Channel, openChannel } from "../../clients/typescript/channel.ts";
import { createAgent } from "../../daemon/agent.ts";
import { GATHER_MS } from "../../daemon/approval/broker.ts";
import type { Connection } from "../../daemon/call/connection.ts";
import { withArgon2Queue } from "../../daemon/host/argon2-queue.ts";
import { createLog } from "../../daemon/host/log.ts";
import { loadNative } from "../../daemon/host/native.ts";
import { loadSodium } from "../../daemon/host/sodium.ts";
import { openTrace } from "../../daemon/host/trace-file.ts";
import type { OwnProgram } from "../../daemon/peer/foreign-ancestor.ts";
import { linuxPeers } from "../../daemon/peer/linux.ts";
import { listenOnPath } from "../../daemon/peer/listen.ts";
import { pathsOf } from "../../daemon/peer/own-programs.ts";
import type { Pinentries } from "../../daemon/pinentry/started.ts";
import type { AccountOf } from "../../daemon/session/unlocked.ts";
import type { Browsers } from "../../daemon/window/browser.ts";
import { createDoor } from "../../daemon/wire/door.ts";
import { createTrace } from "../../daemon/wire/trace.ts";
import { type FakeClock, fakeClock } from "../daemon/host/fake-clock.ts";
import { lightArgon2 } from "../light-argon2.ts";
import { agentProgram } from "../programs.ts";
import { type InProcess, inProcess } from "../service/doors.ts";

/** The behaviour of the service: right, absent, or with one character of every sealed text changed. */
export type ServiceMood = "well" | "away" | "lying";

export type InProcessAgent = {
  readonly socket: string;
  readonly home: string;
  readonly clock: FakeClock;
  readonly service: InProcess;
  setMood(mood: ServiceMood): void;
  connect(): Promise<Channel>;
  /** Ends it and keeps its home, for another agent. */
  stop(): Promise<void>;
  /** Ends it and removes its home. */
  close(): Promise<void>;
};

const native = loadNative();

/** `accountOf` makes an account of another kind than our own, which the agent then works with. `trace` is the file of a trace. `ours` are the programs that it takes for our own. `asking` are its display, its pinentries, and the origin of its page. */
export async function startInProcess(
  home = mkdtempSync(join(tmpdir(), "postern-in-")),
  service?: InProcess,
  accountOf?: AccountOf,
  trace?: string,
  ours: readonly OwnProgram[] = [],
  asking: {
    env?: Record<string, string>;
    pinentries?: Pinentries;
    browsers?: Browsers;
    appPort?: number | undefined;
    origin?: () => string | undefined;
  } = {},
): Promise<InProcessAgent> {
  const door = service ?? (await inProcess());
  const clock = fakeClock();
  const crypto = withArgon2Queue({
    ...lightArgon2(loadSodium()),
    // Other agents of this process continue.
    wipeAll: () => undefined,
  });
  let mood: ServiceMood = "well";
  const fetch = async (request: Request): Promise<Response> => {
    if (mood === "away") throw new TypeError("fetch failed");
    const response = await door.address.fetch(request);
    if (mood === "well" || !response.ok || request.url.endsWith("signIn.start")) return response;
    return new Response(broken(await response.text()), { status: response.status, headers: response.headers });
  };
  const connections = new Set<Connection>();
  const log = { ...createLog(), note: () => undefined };
  const traced = trace === undefined ? undefined : await openTrace(trace, { clock, log });
  const agent = createAgent({
    home,
    crypto,
    native,
    clock,
    log,
    startedAt: new Date(clock.wallMs()),
    program: agentProgram,
    connections,
    ours,
    accountOf,
    embedded: () => Promise.resolve({ origin: door.address.origin, fetch }),
    env: {},
    onPage: (...page) => entrance.onPage(...page),
    appPort: 0,
    runFolder: join(home, "run"),
    // The memory here is the test's own.
    collect: () => {},
    // The screen of the reader's machine is not the test's.
    logind: { starter: "/nonexistent", inhibitor: "/nonexistent", bus: "/nonexistent" },
    ...asking,
    stop: () => undefined,
    trace: () => traced?.state,
  });
  const socket = join(home, "run", "agent.sock");
  const entrance = createDoor({
    ...{ peers: linuxPeers(native, pathsOf(ours)), native, clock, log, ours, connections, ...agent },
    trace: traced === undefined ? undefined : createTrace(traced, clock),
  });
  const listening = await listenOnPath(socket, entrance);
  const stop = async () => {
    mood = "well";
    listening.close();
    await agent.close();
    await traced?.close();
  };
  return {
    socket,
    home,
    clock,
    service: door,
    setMood: (next) => {
      mood = next;
    },
    connect: () => openChannel(socket, { name: "test", version: "1" }),
    stop,
    close: async () => {
      await stop();
      if (service === undefined) await door.close();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** Texts of this length or more count as sealed. Ids, times and tags are shorter. */
const SEALED_LENGTH_MIN = 28;

/** Changes one base64 character near the end of every long text. The answer keeps its shape. */
function broken(body: string): string {
  return JSON.stringify(
    JSON.parse(body, (key, value: unknown) => {
      // A root key that does not open must look like a wrong password. Otherwise a lying service could make tries uncounted.
      const isHonest = key === "rootKey" || key === "token";
      if (typeof value !== "string" || value.length < SEALED_LENGTH_MIN || isHonest) return value;
      const at = value.length - 5;
      return `${value.slice(0, at)}${value[at] === "A" ? "B" : "A"}${value.slice(at + 1)}`;
    }),
  );
}

/** Turns of the event loop that a quick answer takes. A longer one waits for a disk or for Argon2id, and more turns would take the processor from it. */
const TURNS = 40;

/** Lets the agent's time pass in steps that are shorter than the gathering of prompts, until the promise settles. */
export async function passing<T>(agent: InProcessAgent, promise: Promise<T>): Promise<T> {
  let settled = false;
  const done = () => {
    settled = true;
  };
  promise.then(done, done);
  for (let quiet = 0; !settled; quiet++) {
    await new Promise((resolve) => (quiet < TURNS ? setImmediate(resolve) : setTimeout(resolve, 1)));
    if (!agent.clock.isDueWithin(GATHER_MS)) continue;
    agent.clock.advance(GATHER_MS);
    quiet = 0;
  }
  return promise;
}
