// Runs the command as a script does: a process with secrets through descriptors, and its output.
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { command as main } from "../programs.ts";

export type Ran = { readonly code: number; readonly out: string; readonly err: string };

export type RunOptions = {
  readonly home: string;
  /** Secrets by descriptor number, from 3 on, in order. */
  readonly secrets?: readonly string[];
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** The file for its stdout. Without it, the output is returned. */
  readonly stdout?: string;
  /** Called at its first line on stdout. */
  readonly spoken?: (kill: (signal: NodeJS.Signals) => void) => void;
};

/** Runs `postern …` without a terminal. */
export const postern = (words: readonly string[], options: RunOptions): Promise<Ran> =>
  startPostern(words, options).ended;

/** The same, with the process. */
export function startPostern(
  words: readonly string[],
  options: RunOptions,
): { readonly child: ChildProcess; readonly ended: Promise<Ran> } {
  const folder = mkdtempSync(join(tmpdir(), "postern-fd-"));
  const descriptors = (options.secrets ?? []).map((secret, index) => {
    const path = join(folder, `${index}`);
    writeFileSync(path, `${secret}\n`, { mode: 0o600 });
    return openSync(path, "r");
  });
  const elsewhere = options.stdout === undefined ? undefined : openSync(options.stdout, "w");
  const env = {
    HOME: options.home,
    POSTERN_HOME: options.home,
    PATH: process.env.PATH ?? "",
    LANG: "C.UTF-8",

    ...options.env,
  };
  // The options are those of main.ts's first line. A separate session keeps the command from finding the test's terminal.
  const child = spawn(process.execPath, ["--disable-sigusr1", "--no-warnings", "--", main, ...words], {
    env,
    cwd: options.cwd ?? options.home,
    detached: true,
    stdio: ["pipe", elsewhere ?? "pipe", "pipe", ...descriptors],
  });
  const [stdin, stdout, stderr] = child.stdio;
  let out = "";
  let err = "";
  (stdout as NodeJS.ReadableStream | null)?.on("data", (chunk: Buffer) => {
    if (out === "") options.spoken?.((signal) => child.kill(signal));
    out += chunk.toString("latin1");
  });
  (stderr as NodeJS.ReadableStream).on("data", (chunk: Buffer) => {
    err += chunk.toString();
  });
  // An empty text would be written too, and a command that has ended by then takes none.
  if (options.input === undefined) (stdin as NodeJS.WritableStream).end();
  else (stdin as NodeJS.WritableStream).end(options.input);
  const ended = new Promise<Ran>((resolve) =>
    child.once("close", (code, signal) => {
      for (const descriptor of descriptors) closeSync(descriptor);
      if (elsewhere !== undefined) closeSync(elsewhere);
      rmSync(folder, { recursive: true, force: true });
      resolve({ code: code ?? (signal === null ? -1 : -2), out: Buffer.from(out, "latin1").toString("utf8"), err });
    }),
  );
  return { child, ended };
}
