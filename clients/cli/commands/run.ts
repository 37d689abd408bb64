// `postern run`: a program with its references resolved into its environment. Its output is masked; signals and the exit
// code pass; on a terminal it runs in a pty, so that it behaves as it would alone.
import { type ChildProcess, spawn } from "node:child_process";
import { constants } from "node:os";
import { StringDecoder } from "node:string_decoder";
import type { Command } from "commander";
import { variablesOf } from "../env-source.ts";
import { demandExecutable } from "../executable.ts";
import { NotStarted, UsageError } from "../exit-code.ts";
import { inherited } from "../inherited.ts";
import { createMasker } from "../mask.ts";
import { resolveVariables } from "../references.ts";
import { type Agent, connect, unlocked } from "../session.ts";
import { createTerminal, type Terminal } from "../terminal.ts";

type Options = { envFile?: string[]; masking?: boolean; json?: boolean; wait?: boolean };

/**
 * An env file may not change what decides about our own process and the way it finds programs and code. NODE_ENV loads
 * nothing, and half of all env files have it.
 */
const OURS = /^(POSTERN_|OP_|LD_|DYLD_|NODE_(?!ENV$)|PYTHON)|^PATH$/;

function environmentOf(terminal: Terminal, files: readonly string[]): Record<string, string> {
  const environment = inherited();
  for (const path of files) Object.assign(environment, fromFile(terminal, path));
  return environment;
}

function fromFile(terminal: Terminal, path: string): Record<string, string> {
  const variables = new Map<string, string>();
  for (const { name, value, number } of variablesOf(path, UNDONE)) {
    if (OURS.test(name)) terminal.tell(`postern: line ${number} of the env file would change ${name}; left out`);
    else variables.set(name, value);
  }
  return Object.fromEntries(variables);
}

const UNDONE = "the program was not started";

/** Replaces references by their secrets; answers those that are hidden. One prompt for up to 100. */
async function resolveAll(
  terminal: Terminal,
  agent: Agent,
  environment: Record<string, string>,
  noWait: boolean,
): Promise<string[]> {
  const { values, secrets } = await resolveVariables(agent, environment, {
    noWait,
    undone: UNDONE,
    tell: terminal.tell,
  });
  for (const [name, value] of values) environment[name] = value;
  return secrets.filter(({ concealed }) => concealed).map(({ value }) => value);
}

/** Whether a variable decides about our own process and the way it finds programs and code. */
export function mayNotChange(name: string): boolean {
  return OURS.test(name);
}

/** Runs a program with these variables over our own; its output is masked unless `secrets` is undefined. Answers its exit code. */
export function runWith(
  words: readonly string[],
  variables: Readonly<Record<string, string>>,
  secrets: readonly string[] | undefined,
): Promise<number> {
  const [program, ...args] = demandProgram(words);
  const environment = { ...inherited(), ...variables };
  if (secrets === undefined) return wait(program, start(program, args, environment, "inherit"));
  return process.stdout.isTTY === true
    ? runInPty(program, args, environment, secrets)
    : runPiped(program, args, environment, secrets);
}

function demandProgram(words: readonly string[]): [string, ...string[]] {
  const [program, ...args] = words;
  if (program === undefined)
    throw new UsageError("there is no command to run", "put it behind --, as in: postern run -- node server.js");
  return [program, ...args];
}

async function run(words: readonly string[], options: Options): Promise<number> {
  const terminal = createTerminal(options.json === true);
  demandProgram(words);
  const environment = environmentOf(terminal, options.envFile ?? []);
  const agent = await connect(terminal);
  const secrets = await unlocked(agent, () => resolveAll(terminal, agent, environment, options.wait === false)).finally(
    () => agent.close(),
  );
  return runWith(words, environment, options.masking === false ? undefined : secrets);
}

function start(
  program: string,
  args: readonly string[],
  env: Record<string, string>,
  output: "inherit" | "pipe",
): ChildProcess {
  return spawn(program, args, { env, stdio: ["inherit", output, output] });
}

function wait(program: string, child: ChildProcess): Promise<number> {
  const stop = passSignals((signal) => child.kill(signal));
  return new Promise((resolve, reject) => {
    child.once("error", (error: NodeJS.ErrnoException) => {
      stop();
      reject(new NotStarted(program, error.code));
    });
    // "close" and not "exit": its last output comes first.
    child.once("close", (code, signal) => {
      stop();
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
    });
  });
}

function runPiped(
  program: string,
  args: readonly string[],
  env: Record<string, string>,
  secrets: readonly string[],
): Promise<number> {
  const child = start(program, args, env, "pipe");
  for (const [from, to] of [
    [child.stdout, process.stdout],
    [child.stderr, process.stderr],
  ] as const) {
    const masker = createMasker(secrets);
    const decoder = new StringDecoder("utf8");
    from?.on("data", (chunk: Buffer) => {
      if (!to.write(masker.push(decoder.write(chunk)))) {
        from.pause();
        to.once("drain", () => from.resume());
      }
    });
    from?.on("end", () => to.write(masker.push(decoder.end()) + masker.end()));
  }
  return wait(program, child);
}

async function runInPty(
  program: string,
  args: readonly string[],
  env: Record<string, string>,
  secrets: readonly string[],
): Promise<number> {
  // The pty's own word for it would come from behind the fork, as text on the terminal.
  demandExecutable(program, env.PATH);
  const { spawn: spawnPty } = await import("@lydell/node-pty");
  const size = () => ({ cols: process.stdout.columns ?? 80, rows: process.stdout.rows ?? 24 });
  const child = spawnPty(program, [...args], { name: process.env.TERM ?? "xterm", env, cwd: process.cwd(), ...size() });
  const masker = createMasker(secrets);
  child.onData((text) => process.stdout.write(masker.push(text)));
  const resize = () => child.resize(size().cols, size().rows);
  process.stdout.on("resize", resize);
  const raw = process.stdin.isTTY === true;
  if (raw) process.stdin.setRawMode(true);
  const input = (chunk: Buffer) => child.write(chunk.toString("utf8"));
  process.stdin.on("data", input);
  const stop = passSignals((signal) => child.kill(signal));
  return new Promise((resolve) => {
    child.onExit(({ exitCode, signal }) => {
      process.stdout.write(masker.end());
      stop();
      process.stdout.off("resize", resize);
      process.stdin.off("data", input);
      if (raw) process.stdin.setRawMode(false);
      process.stdin.pause();
      resolve(signal === undefined || signal === 0 ? exitCode : 128 + signal);
    });
  });
}

/** Signals sent to us are for the program; it decides, and we end when it does. */
function passSignals(kill: (signal: NodeJS.Signals) => void): () => void {
  // The terminal sends these two to the program itself; passing them on would send them twice.
  const fromTerminal = process.stdin.isTTY === true ? [] : (["SIGINT", "SIGQUIT"] as const);
  const signals = ["SIGTERM", "SIGHUP", "SIGUSR2", ...fromTerminal] as const;
  const swallow = () => undefined;
  if (process.stdin.isTTY === true) for (const signal of ["SIGINT", "SIGQUIT"] as const) process.on(signal, swallow);
  const listeners = signals.map((signal) => [signal, () => kill(signal)] as const);
  for (const [signal, listener] of listeners) process.on(signal, listener);
  return () => {
    for (const [signal, listener] of listeners) process.off(signal, listener);
    for (const signal of ["SIGINT", "SIGQUIT"] as const) process.off(signal, swallow);
  };
}

export function addRunCommand(program: Command): void {
  program
    .command("run [command...]")
    .description("run a program with the references in its environment resolved")
    .option(
      "--env-file <file>",
      "variables from this env file too; may be given again",
      (value: string, all: string[] = []) => [...all, value],
    )
    .option("--no-masking", "do not hide secrets in the program's output")
    .option("--no-wait", "fail at once when a person would have to approve")
    .option("--json", "errors as JSON; the program's output stays its own")
    .passThroughOptions()
    .addHelpText(
      "after",
      "\nOther processes of yours can read a program's environment. Signals and the exit code pass.\n\nExample:\n  $ postern run --env-file .env -- node server.js\n",
    )
    .action(async (words: string[], options: Options) => {
      process.exitCode = await run(words, options);
    });
}
