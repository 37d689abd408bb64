// The programs of the bench: the shipped agent in its own home, the lower bounds for comparison, the load, and a person
// who says yes.
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { agentOptions } from "../../clients/cli/agent/start-agent.ts";
import { type Channel, openChannel } from "../../clients/typescript/channel.ts";
import { attachPerson, type Person } from "../agent/person.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** The built package. */
export const shipped = join(root, "dist", "postern");

/** The folder for everything of this run. */
export const home = mkdtempSync(join(tmpdir(), "postern-bench-"));
export const socket = join(home, "run", "agent.sock");
export const env = { HOME: home, POSTERN_HOME: home, PATH: process.env.PATH ?? "" };

/** The path of a file in this folder. */
export const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** Builds the measured programs. */
export function build(): void {
  for (const program of ["clients/native/build.ts", "clients/cli/build.ts"])
    execFileSync(process.execPath, ["--no-warnings", program], { cwd: root, stdio: "ignore" });
}

export type Load = { p50: number; p99: number; perSecond: number };

export const load = (path: string, line: object, connections: number, inFlight: number, count: number): Promise<Load> =>
  new Promise((resolve, reject) => {
    const child = spawn(
      process.execPath,
      [
        "--no-warnings",
        here("load.ts"),
        path,
        JSON.stringify(line),
        String(connections),
        String(inFlight),
        String(count),
      ],
      // Each load has its own session. A person is asked once for each load, and a family of programs may ask twenty
      // times in ten minutes.
      { stdio: ["ignore", "pipe", "inherit"], detached: true },
    );
    let out = "";
    child.stdout.on("data", (chunk: Buffer) => {
      out += chunk.toString();
    });
    child.once("close", (code) =>
      code === 0 ? resolve(JSON.parse(out) as Load) : reject(new Error("the load failed")),
    );
  });

/** Starts a program and waits until `ready` succeeds. Returns its result and the milliseconds until then. */
export async function started<T>(
  words: readonly string[],
  ready: () => Promise<T>,
  variables = env,
): Promise<{ ms: number; value: T; end: (signal?: NodeJS.Signals) => Promise<void>; pid: number }> {
  const before = performance.now();
  const child = spawn(process.execPath, words, { env: variables, stdio: "ignore", cwd: "/" });
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  for (;;) {
    try {
      const value = await ready();
      const end = async (signal: NodeJS.Signals = "SIGKILL") => {
        child.kill(signal);
        await gone;
      };
      return { ms: performance.now() - before, value, end, pid: child.pid ?? 0 };
    } catch {
      if (child.exitCode !== null) throw new Error("the program did not start");
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

export const agentWords = [...agentOptions, join(shipped, "agent.js")];
export const statusOf = async (path: string): Promise<Channel> => {
  const channel = await openChannel(path, { name: "bench", version: "1" });
  await channel.call("agent.status", {});
  return channel;
};

/** Resolves once a server on the path answers. */
export function ping(path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const probe = connect(path, () => probe.write('{"id":1}\n'));
    probe.once("data", () => {
      probe.destroy();
      resolve();
    });
    probe.once("error", reject);
  });
}

export async function approvingPerson(path = socket): Promise<Person> {
  const connect = () => openChannel(path, { name: "person", version: "1" });
  const person = await attachPerson({ connect });
  person.always("yes");
  return person;
}
