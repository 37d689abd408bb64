// Finds the script that an interpreter runs, since node, python and others are one executable for many programs. The command line is only a
// claim: a process can rewrite its own. So a script narrows an identity and never widens one.
import { createHash } from "node:crypto";
import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
} from "node:fs";
import { basename, isAbsolute, join } from "node:path";

/** The script behind an interpreter. */
export type Script = {
  /** Its real path, with links followed. The path in the command line where the file could not be opened. */
  readonly path: string;
  /** SHA-256 of its content in hex. Undefined where it is no ordinary file, too large, or unreadable. */
  readonly sha256: string | undefined;
  /** The owner of the file. Undefined where the hash is. */
  readonly ownerUid: number | undefined;
};

/** Bytes of the largest script that is hashed at a connection. Our own bundles are smaller. Hashing takes a few milliseconds. */
export const SCRIPT_BYTES_MAX = 4 * 1024 * 1024;

type Interpreter = {
  /** Options that take the next argument as their value. */
  readonly valued: readonly string[];
  /** Options after which there is no script: code in argv, a module by name. */
  readonly inline: readonly string[];
  /** Words before the script, as in `deno run`. */
  readonly commands?: readonly string[];
};

const javascript: Interpreter = {
  valued: [
    "-r",
    "--require",
    "--import",
    "--loader",
    "--experimental-loader",
    "-C",
    "--conditions",
    "--env-file",
    "--title",
    "--icu-data-dir",
    "--inspect-port",
  ],
  inline: ["-e", "--eval", "-p", "--print", "-pe", "-c", "-i", "--interactive", "--run"],
};
const shell: Interpreter = { valued: ["-o", "+o", "-O", "+O", "--rcfile", "--init-file"], inline: ["-c", "-s"] };

const interpreters: Readonly<Record<string, Interpreter>> = {
  node: javascript,
  nodejs: javascript,
  bun: { ...javascript, commands: ["run"] },
  deno: {
    valued: ["-c", "--config", "--import-map", "--cert", "-L", "--log-level"],
    inline: ["eval", "repl", "task"],
    commands: ["run"],
  },
  python: { valued: ["-W", "-X", "--check-hash-based-pycs"], inline: ["-c", "-m"] },
  pypy: { valued: ["-W", "-X"], inline: ["-c", "-m"] },
  ruby: { valued: ["-I", "-r", "-C", "-E", "-K"], inline: ["-e"] },
  perl: { valued: ["-I"], inline: ["-e", "-E"] },
  php: { valued: ["-c", "-d", "-z"], inline: ["-r", "-B", "-R", "-E", "-a"] },
  lua: { valued: ["-l"], inline: ["-e"] },
  sh: shell,
  bash: shell,
  dash: shell,
  zsh: shell,
  ksh: shell,
  fish: { valued: ["-C", "-d", "-o"], inline: ["-c"] },
};

/** The path of the script in argv. Undefined where the executable is no interpreter or runs no script. */
export function scriptArgument(executablePath: string, argv: readonly string[]): string | undefined {
  // python3.11, ruby3.1 and perl5.36.0 count as python, ruby and perl.
  const family = basename(executablePath).replace(/[-\d.]+$/, "");
  const interpreter = Object.hasOwn(interpreters, family) ? interpreters[family] : undefined;
  if (interpreter === undefined) return undefined;
  const commands = [...(interpreter.commands ?? [])];
  for (let index = 1; index < argv.length; index++) {
    const word = argv[index] ?? "";
    if (interpreter.inline.includes(word)) return undefined;
    if (word === "--") return argv[index + 1];
    if (interpreter.valued.includes(word)) index++;
    else if (commands[0] === word) commands.shift();
    else if (word === "-") return undefined;
    else if (!/^[-+]/.test(word)) return word === "" ? undefined : word;
  }
  return undefined;
}

/** Reads and hashes a script. `workingFolder` is the process's own, for a relative path. */
export function readScript(argument: string, workingFolder: string | undefined): Script | undefined {
  if (!isAbsolute(argument) && workingFolder === undefined) return undefined;
  const path = isAbsolute(argument) ? argument : join(workingFolder ?? "/", argument);
  return hashFile(path) ?? { path, sha256: undefined, ownerUid: undefined };
}

/**
 * The peer chose this path, so opening it must have no effect. O_PATH opens no device and waits for no pipe. A file that the agent has open
 * already is not opened again: closing it would drop SQLite's locks on it for the whole process (fcntl(2)), such as the instance lock and
 * the store's.
 */
function hashFile(path: string): Script | undefined {
  // These names mean the agent's own descriptors, and not the peer's.
  if (/^\/(dev|proc)\//.test(path)) return undefined;
  return withFile(path, O_PATH, (handle) => {
    const found = fstatSync(handle, { bigint: true });
    if (!found.isFile() || found.size > SCRIPT_BYTES_MAX || isOpenHere(found, handle)) return undefined;
    // Opened through the handle, so that it is the checked file, whatever the path means by now.
    return withFile(`/proc/self/fd/${handle}`, constants.O_RDONLY | constants.O_NONBLOCK, (file) => ({
      path: readlinkSync(`/proc/self/fd/${handle}`),
      sha256: createHash("sha256")
        .update(readWhole(file, Number(found.size)))
        .digest("hex"),
      ownerUid: Number(found.uid),
    }));
  });
}

/** Of the Linux ABI, the same on x86-64 and arm64. Node has no name for it. */
const O_PATH = 0o10000000;

function isOpenHere(found: BigIntStats, except: number): boolean {
  return readdirSync("/proc/self/fd").some((name) => {
    if (Number(name) === except) return false;
    try {
      const open = fstatSync(Number(name), { bigint: true });
      return open.ino === found.ino && open.dev === found.dev;
    } catch (error) {
      // The descriptor of this listing itself is closed by now.
      if ((error as NodeJS.ErrnoException).code === "EBADF") return false;
      throw error;
    }
  });
}

/** Undefined where the file cannot be opened or read. Then only the path of the script is known. */
function withFile<T>(path: string, flags: number, use: (file: number) => T | undefined): T | undefined {
  let file: number | undefined;
  try {
    file = openSync(path, flags);
    return use(file);
  } catch (error) {
    if (typeof (error as NodeJS.ErrnoException).code === "string") return undefined;
    throw error;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function readWhole(file: number, size: number): Buffer {
  const bytes = Buffer.alloc(size);
  let filled = 0;
  while (filled < size) {
    const read = readSync(file, bytes, filled, size - filled, filled);
    if (read === 0) break;
    filled += read;
  }
  return bytes.subarray(0, filled);
}
