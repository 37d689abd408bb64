// Runs the official packages with the bridge at the place where they look. That place is the machine's own. So each program gets a mount
// namespace with a folder /opt of its own, and the test neither needs the machine's place nor changes it.
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { INSTALL_FOLDER } from "../../clients/cli/bridge/library.ts";
import { buildLibrary, cannotRun } from "../build/bridge-host.ts";
import { programs as pythonPrograms, toolEnvironment } from "./python/environment.ts";

/** Takes root, and a program that may lie in /opt would be hidden. */
export const cannotHost =
  cannotRun || process.execPath.startsWith("/opt/") || spawnSync("unshare", ["--mount", "true"]).status !== 0;

export type Ran = { readonly code: number | null; readonly lines: readonly string[]; readonly err: string };
export type Running = {
  readonly ran: Promise<Ran>;
  /** Waits until the program has printed the line. */
  printed(line: string): Promise<void>;
  /** Sends it a line. */
  send(line: string): void;
};

export type OfficialHost = {
  /** Runs a program in its own namespace, with the variables and no others. */
  start(command: readonly string[], env: Env): Running;
  run(command: readonly string[], env: Env): Promise<Ran>;
  remove(): void;
};

type Env = Readonly<Record<string, string>>;

/** Milliseconds after which a program that hangs is ended, so that it fails its test and outlives none. */
const PROGRAM_MS_MAX = 600_000;

const PLACE = `mount -t tmpfs none /opt && mkdir ${INSTALL_FOLDER} && cp "$0" ${INSTALL_FOLDER} && exec "$@"`;

export function makeOfficialHost(): OfficialHost {
  const folder = mkdtempSync(join(tmpdir(), "postern-official-"));
  const library = buildLibrary(folder);
  const start: OfficialHost["start"] = (command, env) => {
    const words = ["--mount", "sh", "-c", PLACE, library, ...command];
    const own = { PATH: process.env.PATH ?? "", HOME: "/nowhere", LANG: "C.UTF-8", PYTHONDONTWRITEBYTECODE: "1" };
    const child = spawn("unshare", words, { env: { ...own, ...env }, timeout: PROGRAM_MS_MAX });
    return running(child);
  };
  return {
    start,
    run: (command, env) => start(command, env).ran,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function running(child: ReturnType<typeof spawn>): Running {
  let out = "";
  let err = "";
  let look = () => {};
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    out += text;
    look();
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    err += text;
  });
  const lines = () => (out === "" ? [] : out.trimEnd().split("\n"));
  const ran = new Promise<Ran>((resolve) => child.on("close", (code) => resolve({ code, lines: lines(), err })));
  return {
    ran,
    printed: (line) =>
      new Promise((resolve, reject) => {
        look = () => {
          if (out.split("\n").slice(0, -1).includes(line)) resolve();
        };
        look();
        void ran.then(() => reject(new Error(`it ended before it printed ${line}: ${err}`)));
      }),
    send: (line) => child.stdin?.write(`${line}\n`),
  };
}

const script = (name: string) => fileURLToPath(new URL(`./programs/official/${name}.mjs`, import.meta.url));

/** The command that runs a program of JavaScript, by its name. */
export const javascript = (name: string): readonly string[] => [process.execPath, script(name)];

/** The command that runs a program of Python. Undefined where the official package is not there. */
export function python(name: string): readonly string[] | undefined {
  const tools = toolEnvironment();
  return tools === undefined ? undefined : [tools.python, join(pythonPrograms, `${name}.py`)];
}
