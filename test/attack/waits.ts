// How long a program that a person has allowed waits for an answer from memory, while strangers keep the agent busy.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Channel } from "../../clients/typescript/channel.ts";
import type { WayName } from "./crowd.ts";

const crowdProgram = fileURLToPath(new URL("./crowd.ts", import.meta.url));

/** Milliseconds between two requests. They leave on time, whether those before were answered or not. Otherwise one long wait would count once. */
const EVERY_MS = 10;

/** The 99th of a hundred waits, in milliseconds, and the longest. */
export type Waits = { readonly p99: number; readonly longest: number };

export async function waitsOf(known: Channel, reference: string, forMs: number): Promise<Waits> {
  const waits: number[] = [];
  const pending: Promise<unknown>[] = [];
  const ask = async (due: number) => {
    await known.call("secrets.resolve", { reference });
    waits.push(performance.now() - due);
  };
  const began = performance.now();
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      // A late timer of this process is no wait for the agent.
      pending.push(ask(performance.now()));
      if (performance.now() - began < forMs) return;
      clearInterval(timer);
      resolve();
    }, EVERY_MS);
  });
  await Promise.all(pending);
  waits.sort((one, other) => one - other);
  return { p99: waits[Math.floor(waits.length * 0.99)] ?? 0, longest: waits.at(-1) ?? 0 };
}

/** Runs `work` while strangers keep the agent busy in this way. */
export async function besideCrowd<T>(socket: string, way: WayName, work: () => Promise<T>): Promise<T> {
  const crowd = await begun(socket, way);
  try {
    return await work();
  } finally {
    const ended = once(crowd, "exit");
    crowd.kill("SIGKILL");
    await ended;
  }
}

async function begun(socket: string, way: WayName): Promise<ChildProcess> {
  // A session of its own, so that nothing that this terminal was allowed holds for it.
  const crowd = spawn(process.execPath, ["--no-warnings", crowdProgram, socket, way], {
    stdio: ["ignore", "pipe", "inherit"],
    detached: true,
  });
  if (crowd.stdout === null) throw new Error("the crowd has no output");
  await once(crowd.stdout, "data");
  return crowd;
}
