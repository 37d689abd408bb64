// Starts a program or becomes it. It finds the program as execvp(3) does: in the folders of the program's own PATH, one after another.
// /bin/sh runs a file that the kernel does not accept as a program.
import { NotStarted } from "../terminal/exit-code.ts";
import {
  CallFailed,
  execute,
  keepOverExec,
  type Limit,
  SIGPIPE,
  SIGXFSZ,
  type SpawnOptions,
  type Strings,
  setCoreLimit,
  setDisposition,
  setOpenFilesLimit,
  spawnProgram,
  strings,
  unblockUsr1,
} from "./libc.ts";

/** A program to run: its words and variables as bytes, and its limits. */
export type Program = {
  readonly words: readonly Buffer[];
  readonly variables: readonly Buffer[];
  readonly openFiles: Limit;
  readonly coreFiles: Limit;
  /** Signals that it ignores from its start. */
  readonly ignored: readonly number[];
};

/** The folders in which execvp looks without a PATH. */
const PATH_DEFAULT = "/bin:/usr/bin";

/** Errors after which execvp looks in the next folder. */
const FURTHER = ["ENOENT", "ENOTDIR", "ENAMETOOLONG", "ENODEV", "ETIMEDOUT", "ESTALE", "EACCES"];

function placesOf(name: Buffer, variables: readonly Buffer[]): Buffer[] {
  if (name.includes("/") || name.length === 0) return [name];
  const path = variables.find((variable) => variable.indexOf("PATH=") === 0)?.subarray("PATH=".length);
  // Latin-1 keeps every byte.
  const folders = (path ?? Buffer.from(PATH_DEFAULT)).toString("latin1").split(":");
  return folders.map((folder) => Buffer.concat([Buffer.from(folder === "" ? "./" : `${folder}/`, "latin1"), name]));
}

/** Tries each place. Returns the result of `attempt` at the first program. Throws NotStarted. */
function atFirstPlace<T>(program: Program, attempt: (path: Buffer, argv: Strings, env: Strings) => T): T {
  const [name = Buffer.alloc(0), ...rest] = program.words;
  const env = strings(program.variables);
  let denied = false;
  for (const path of placesOf(name, program.variables)) {
    try {
      return attempt(path, strings(program.words), env);
    } catch (error) {
      if (!(error instanceof CallFailed)) throw error;
      if (error.code === "ENOEXEC")
        return withShell(name, () => attempt(Buffer.from("/bin/sh"), strings([Buffer.from("sh"), path, ...rest]), env));
      if (!FURTHER.includes(error.code)) throw new NotStarted(name.toString(), error.code);
      denied ||= error.code === "EACCES";
    }
  }
  throw new NotStarted(name.toString(), denied ? "EACCES" : "ENOENT");
}

function withShell<T>(name: Buffer, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof CallFailed ? new NotStarted(name.toString(), error.code) : error;
  }
}

/** Runs `work` under the program's limits. A program started in it keeps them. */
function underLimitsOf<T>(program: Program, ours: { openFiles: Limit; coreFiles: Limit }, work: () => T): T {
  setOpenFilesLimit(program.openFiles);
  setCoreLimit(program.coreFiles);
  try {
    return work();
  } finally {
    setOpenFilesLimit(ours.openFiles);
    setCoreLimit(ours.coreFiles);
  }
}

type Limits = { readonly openFiles: Limit; readonly coreFiles: Limit };

/** Starts the program. Returns its process. `ours` are the limits of this process afterwards. Throws NotStarted. */
export function startProgram(program: Program, ours: Limits, options: SpawnOptions): number {
  return underLimitsOf(program, ours, () =>
    atFirstPlace(program, (path, argv, env) => spawnProgram(path, argv, env, { ...options, ignored: program.ignored })),
  );
}

/** Signals that Node ignores, unlike other programs. */
const IGNORED_BY_NODE = [SIGPIPE, SIGXFSZ];

/** Becomes the program, with these descriptors from 3 on. Throws NotStarted; this process is then as before. */
export function becomeProgram(program: Program, ours: Limits, further: readonly number[]): never {
  const kept = [0, 1, 2, ...further];
  for (const fd of kept) keepOverExec(fd, true);
  for (const signal of IGNORED_BY_NODE) setDisposition(signal, "default");
  for (const signal of program.ignored) setDisposition(signal, "ignore");
  unblockUsr1();
  try {
    return underLimitsOf(program, ours, () => atFirstPlace(program, execute));
  } finally {
    // Reached only after a failure. Printing the message must not end this process where nobody reads it.
    for (const signal of IGNORED_BY_NODE) setDisposition(signal, "ignore");
    for (const fd of kept) keepOverExec(fd, false);
  }
}
