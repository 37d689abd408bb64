// A real agent in a temporary home. It runs in its own process, hardened like the shipped one, and ends with its test.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Channel, openChannel } from "../../clients/typescript/channel.ts";
import { AgentNotRunning } from "../../clients/typescript/local-error.ts";
import { agentOptions, agentProgram } from "../programs.ts";

export type RunningAgent = {
  readonly home: string;
  readonly socket: string;
  readonly process: ChildProcess;
  /** Its log so far. */
  log(): string;
  /** A new connection that has said hello. */
  connect(): Promise<Channel>;
  /** Ends it with a signal and waits for that. */
  end(signal?: NodeJS.Signals): Promise<void>;
  /** Starts it again in the same home. */
  restart(): Promise<RunningAgent>;
  /** Ends it and removes its home. */
  remove(): Promise<void>;
};

export function temporaryHome(): string {
  return mkdtempSync(join(tmpdir(), "postern-t-"));
}

/** Starts an agent with `words` as arguments, through the program `before`. Returns once it accepts connections. */
export async function startAgent(
  home = temporaryHome(),
  extra: Record<string, string> = {},
  words: readonly string[] = [],
  before: readonly string[] = [],
): Promise<RunningAgent> {
  const socket = join(home, "run", "agent.sock");
  // Many agents run at once, and each may open the app's page.
  const own = { HOME: home, POSTERN_HOME: home, POSTERN_APP_PORT: "any" };
  const env = { ...own, PATH: process.env.PATH ?? "", ...extra };
  const [program = "", ...rest] = [...before, process.execPath, ...agentOptions, agentProgram, ...words];
  const child = spawn(program, rest, {
    env,
    stdio: ["ignore", "pipe", "pipe"],
    cwd: "/",
  });
  let log = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      log += text;
    });
  }
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const agent: RunningAgent = {
    home,
    socket,
    process: child,
    log: () => log,
    connect: () => openChannel(socket, { name: "test", version: "1" }),
    end: async (signal = "SIGTERM") => {
      child.kill(signal);
      await ended;
    },
    restart: () => startAgent(home, extra, words, before),
    remove: async () => {
      child.kill("SIGKILL");
      await ended;
      rmSync(home, { recursive: true, force: true });
    },
  };
  await listening(agent, child);
  return agent;
}

/** Milliseconds after which a start that does not listen fails the test. */
const START_MS_MAX = 20_000;

/** Milliseconds between two tries to reach a starting agent. More tries would take the processor from the start itself. */
const TRY_MS = 5;

async function listening(agent: RunningAgent, child: ChildProcess): Promise<void> {
  const until = performance.now() + START_MS_MAX;
  for (;;) {
    try {
      const channel = await agent.connect();
      channel.close();
      return;
    } catch (error) {
      if (!(error instanceof AgentNotRunning) || child.exitCode !== null || performance.now() > until)
        throw new Error(`the agent did not start: ${agent.log()}`, { cause: error });
    }
    await new Promise((resolve) => setTimeout(resolve, TRY_MS));
  }
}
