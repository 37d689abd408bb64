// The system's programs that this room starts. Each ends with the agent, even where that is killed.
import { type ChildProcess, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { trustedProgram, UntrustedProgram } from "../approval/trusted-program.ts";
import { childEnvironment } from "../host/environment.ts";

/** The programs of the machine. Tests name others. */
export type LogindPrograms = { readonly starter: string; readonly inhibitor: string; readonly bus: string };

export const logindPrograms: LogindPrograms = {
  starter: "/usr/bin/setpriv",
  inhibitor: "/usr/bin/systemd-inhibit",
  bus: "/usr/bin/gdbus",
};

/** A running program. Its end is told once, also where it never began. */
export type Running = { readonly stdout: Readable; kill(): void; onEnd(act: () => void): void };

/** Starts a program by its whole path. Undefined where it cannot be started. */
export function startProgram(starter: string, words: readonly string[]): Running | undefined {
  const real = trusted(starter);
  if (real === undefined) return undefined;
  const child: ChildProcess = spawn(real, ["--pdeathsig", "TERM", "--", ...words], {
    cwd: "/",
    env: { ...childEnvironment },
    stdio: ["ignore", "pipe", "ignore"],
    detached: true,
  });
  // An error that nobody listens to would end the agent, so this comes first.
  const ended = new Promise<void>((resolve) => {
    child.once("error", () => resolve());
    child.once("close", () => resolve());
  });
  child.on("error", () => undefined);
  child.unref();
  // Without a free file descriptor there is no pipe, whatever the types say.
  if (child.stdout === null || child.stdout === undefined) return undefined;
  return { stdout: child.stdout, kill: () => void child.kill(), onEnd: (act) => void ended.then(act) };
}

/** The output of a program, as far as it came in time. Empty where it cannot be started. */
export function outputOf(starter: string, words: readonly string[], limit: { ms: number; length: number }) {
  return new Promise<string>((resolve) => {
    const running = startProgram(starter, words);
    if (running === undefined) return resolve("");
    let out = "";
    const timer = setTimeout(running.kill, limit.ms).unref();
    running.stdout.setEncoding("utf8").on("data", (text: string) => {
      out = (out + text).slice(0, limit.length);
    });
    running.onEnd(() => {
      clearTimeout(timer);
      resolve(out);
    });
  });
}

/** Programs by their real paths, with the words between. Undefined where one is not only root's to change. */
export function wordsOf(...parts: readonly (string | readonly string[])[]): string[] | undefined {
  const words: string[] = [];
  for (const part of parts) {
    const found = typeof part === "string" ? trusted(part) : part;
    if (found === undefined) return undefined;
    words.push(...[found].flat());
  }
  return words;
}

/** Undefined also where the path cannot be looked at: the state of every account depends on whether the screen is heard of. */
function trusted(path: string): string | undefined {
  try {
    return trustedProgram(path);
  } catch (error) {
    if (error instanceof UntrustedProgram || (error as NodeJS.ErrnoException).code !== undefined) return undefined;
    throw error;
  }
}
