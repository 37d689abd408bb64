// Programs that load the bridge: Python by ctypes, Node as an add-on. They run beside the test, which plays the agent meanwhile.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { compileLibrary, compilerFor, LIBRARY, targets } from "../../clients/bridge/compile.ts";
import { hasTool } from "../tools.ts";

export type Ran = { readonly code: number | null; readonly out: string; readonly err: string };

export type Environment = Readonly<Record<string, string | undefined>>;

export const ownTarget = targets.find(({ name }) => name === `${process.platform}-${process.arch}`);
export const ownCompiler = ownTarget === undefined ? undefined : compilerFor(ownTarget);

export const { version } = JSON.parse(
  readFileSync(fileURLToPath(new URL("../../package.json", import.meta.url)), "utf8"),
) as { version: string };

/** Compiles the library of this machine into the folder. Returns its path. */
export function buildLibrary(folder: string): string {
  const path = join(folder, LIBRARY);
  compileLibrary(ownCompiler ?? "", version, path);
  return path;
}

/** Runs a program beside the test. */
export function startProgram(
  program: string,
  words: readonly string[],
  env: Environment,
  started?: (pid: number) => void,
): Promise<Ran> {
  const child = spawn(program, words, { env: env as NodeJS.ProcessEnv, stdio: ["ignore", "pipe", "pipe"] });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
  if (child.pid !== undefined) started?.(child.pid);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) =>
      resolve({ code, out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString() }),
    );
  });
}

const hosts = fileURLToPath(new URL(".", import.meta.url));

export const hasPython = hasTool("python3");

/** Runs a Python program that has the three names of bridge_host.py. LD_BIND_NOW makes every missing symbol an error at once. */
export function python(library: string, env: Environment, program: string): Promise<Ran> {
  const common = {
    PATH: process.env.PATH,
    BRIDGE: library,
    PYTHONPATH: hosts,
    PYTHONDONTWRITEBYTECODE: "1",
    LD_BIND_NOW: "1",
  };
  return startProgram("python3", ["-c", `from bridge_host import library, open_sockets, send\n${program}`], {
    ...common,
    ...env,
  });
}

const LOAD = `const addon = { exports: {} };
process.dlopen(addon, process.env.BRIDGE);
const send = async (text) => Buffer.from(await addon.exports.sendMessage(Buffer.from(text))).toString();
`;

/** Runs a program of Node that has `send`, which answers with text. */
export function node(
  library: string,
  env: Environment,
  program: string,
  started?: (pid: number) => void,
): Promise<Ran> {
  return startProgram(
    process.execPath,
    ["-e", LOAD + program],
    { PATH: process.env.PATH, BRIDGE: library, ...env },
    started,
  );
}

/** Skips aloud where the tests cannot run. */
export const cannotRun = ownCompiler === undefined;
