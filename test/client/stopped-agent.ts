// An agent that was stopped, and left the file that says how to start it. A program with a token starts it again.
import { chmodSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { START_BYTES_MAX, START_FILE } from "../../protocol/start-file.ts";
import { WHEREABOUTS_FILE, type Whereabouts } from "../../protocol/whereabouts.ts";
import { startDemoAgent } from "../toolchains/demo-agent.ts";

export type StoppedAgent = {
  /** The variables by which a program finds the place of the agent, the token and the reference. */
  readonly env: Readonly<Record<string, string>>;
  readonly startFile: string;
  /** Puts the agent's own start file back. */
  restore(): void;
  /** Ends the agent that a program has started. Returns whether one ran. */
  end(): Promise<boolean>;
  remove(): Promise<void>;
};

export async function stoppedAgent(): Promise<StoppedAgent> {
  const { agent, env, remove } = await startDemoAgent();
  await agent.end();
  const startFile = join(agent.home, "data", START_FILE);
  const kept = readFileSync(startFile);
  const end = () => endAgent(join(agent.home, "data", WHEREABOUTS_FILE));
  return {
    env,
    startFile,
    restore: () => {
      rmSync(startFile, { force: true });
      writeFileSync(startFile, kept, { mode: 0o600 });
    },
    end,
    remove: async () => {
      await end();
      await remove();
    },
  };
}

/** Ends the agent of a file of whereabouts, and waits until it has removed the file. */
async function endAgent(path: string): Promise<boolean> {
  let found: Whereabouts;
  try {
    found = JSON.parse(readFileSync(path, "utf8")) as Whereabouts;
  } catch {
    return false;
  }
  process.kill(found.pid, "SIGTERM");
  while (runs(found.pid)) await new Promise((resolve) => setImmediate(resolve));
  return true;
}

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

const says = (why: string) =>
  `no agent is running: the file ${START_FILE} in its data folder, which says how to start one, ${why}`;

/** What may be wrong with the file, and what a client says then. */
export const wrongFiles: readonly [what: string, spoil: (path: string) => void, message: string][] = [
  ["is not there", (path) => rmSync(path), "no agent is running: there is no socket"],
  ["is open to others", (path) => chmodSync(path, 0o640), says("is open to other users")],
  [
    "is a link",
    (path) => {
      rmSync(path);
      symlinkSync("/bin/true", path);
    },
    says("cannot be read"),
  ],
  ["holds no JSON", (path) => writeFileSync(path, "s3cret"), says("holds no command")],
  [
    "names a program without its place",
    (path) => writeFileSync(path, '{"command":["node"]}'),
    says("holds no command"),
  ],
  [
    "is too long",
    (path) => writeFileSync(path, readFileSync(path, "utf8").padEnd(START_BYTES_MAX + 1)),
    says("holds no command"),
  ],
];
