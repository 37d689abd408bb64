// The agent's log. It records the agent's acts by ids and names of rules. It leaves out the text of an unforeseen error, since a parser or
// a library may quote its input there. The error's class and stack frames are enough to find the place.
import { constants, copyFileSync, fstatSync, ftruncateSync, lstatSync, renameSync, rmSync } from "node:fs";
import pino, { type Logger } from "pino";

export type Log = {
  /** A fact for the operator. `facts` hold only numbers and names of ours. */
  note(what: string, facts?: Readonly<Record<string, string | number | boolean>>): void;
  /** An unforeseen error, under the incident id in the peer's answer. */
  incident(id: string, thrown: unknown): void;
};

/** Bytes of the log's file. Then it becomes the earlier log, and a new one begins. A program that makes errors fills no disk. */
export const LOG_BYTES_MAX = 8 * 1024 * 1024;

/** A log of JSON lines on the given file descriptor (2 by default). Where it is the file at `path`, that file is kept short. */
export function createLog(descriptor = 2, path?: string): Log {
  let sink: Logger | undefined;
  // Made at the first line, since the agent answers before it writes one.
  const opened = () => {
    sink ??= openSink(descriptor, path === undefined ? () => undefined : keptShort(descriptor, path));
    return sink;
  };
  return {
    note: (what, facts = {}) => opened().info(facts, what),
    incident: (id, thrown) =>
      opened().error({ incident: id, kind: kindOf(thrown), frames: framesOf(thrown) }, "unforeseen error"),
  };
}

/** `beforeLine` is called with the bytes of each line. */
function openSink(descriptor: number, beforeLine: (bytes: number) => void): Logger {
  const destination = pino.destination({ dest: descriptor, sync: true });
  return pino(
    { base: null, timestamp: pino.stdTimeFunctions.isoTime },
    {
      write: (line: string) => {
        beforeLine(Buffer.byteLength(line));
        destination.write(line);
      },
    },
  );
}

/** Called before each line. Others write to the descriptor too, such as Node, so the file itself says how long it is. */
function keptShort(descriptor: number, path: string): (bytes: number) => void {
  return (bytes) => {
    try {
      const { size } = fstatSync(descriptor);
      if (size + bytes > LOG_BYTES_MAX && isFileAt(descriptor, path)) becomeEarlier(descriptor, path);
    } catch {
      // A log that cannot be put aside grows on. It must not end the agent.
    }
  };
}

/** Whether the descriptor is the file at the path. It may be a terminal, a journal, or another file. */
function isFileAt(descriptor: number, path: string): boolean {
  const own = fstatSync(descriptor);
  const found = lstatSync(path, { throwIfNoEntry: false });
  return own.isFile() && found?.isFile() === true && found.ino === own.ino && found.dev === own.dev;
}

/** Copies and empties the file: a process cannot open another one under its descriptor. Whatever lies at the earlier log's name is replaced. */
function becomeEarlier(descriptor: number, path: string): void {
  const copy = `${path}.new`;
  rmSync(copy, { force: true });
  copyFileSync(path, copy, constants.COPYFILE_EXCL);
  renameSync(copy, `${path}.1`);
  ftruncateSync(descriptor, 0);
}

function kindOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return typeof thrown;
  const code = (thrown as NodeJS.ErrnoException).code;
  return typeof code === "string" && /^[A-Z_0-9]{1,64}$/.test(code)
    ? `${thrown.constructor.name} ${code}`
    : thrown.constructor.name;
}

function framesOf(thrown: unknown): string[] {
  if (!(thrown instanceof Error) || thrown.stack === undefined) return [];
  return thrown.stack
    .split("\n")
    .filter((line) => /^ {4}at /.test(line))
    .map((line) => line.trim());
}
