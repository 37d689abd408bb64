// The file of `--trace`: lines that a person reads and then sends with a bug report. The file is new and readable by its owner only. Its size is
// bounded. A slow or full disk never delays a request: lines that cannot be written in time are counted and left out.
import { constants } from "node:fs";
import { type FileHandle, open, unlink } from "node:fs/promises";
import { release } from "node:os";
import { basename, resolve } from "node:path";
import type { Clock } from "./clock.ts";
import type { Log } from "./log.ts";
import { StartRefused } from "./start-refused.ts";
import { VERSION } from "./version.ts";

/** Bytes of the whole file: some hundred thousand requests. A person can still read and send it. */
export const TRACE_BYTES_MAX = 32 * 1024 * 1024;

/** Bytes that wait for the disk: a second of the busiest agent. Further lines are left out and counted. */
export const TRACE_WAITING_BYTES_MAX = 1024 * 1024;

/** The last line of a file that has reached its bound. */
const FULL = `${JSON.stringify({ full: TRACE_BYTES_MAX })}\n`;

export type TraceState = {
  readonly file: string;
  /** "full" means that the bound was reached, "failed" that the disk refused. Nothing more is written then. */
  readonly state: "writing" | "full" | "failed";
  readonly bytes: number;
};

export type TraceFile = {
  /** Takes a line and returns at once. `line` holds numbers, ids and names of ours only. */
  write(line: object): void;
  readonly state: TraceState;
  /** Writes the waiting lines, and closes the file. */
  close(): Promise<void>;
  /** Removes the file again, since the agent did not start. */
  remove(): Promise<void>;
};

export type TraceParts = { readonly clock: Pick<Clock, "wallMs">; readonly log: Log };

/** Makes the file. Throws StartRefused where its name is taken, also by a link, and where it cannot be made. */
export async function openTrace(path: string, { clock, log }: TraceParts): Promise<TraceFile> {
  const file = resolve(path);
  const handle = await made(file);
  const waiting: string[] = [];
  const sizes = { file: 0, waiting: 0 };
  let state: TraceState["state"] = "writing";
  let left = 0;
  let writing: Promise<void> | undefined;

  function take(text: string): void {
    waiting.push(text);
    sizes.waiting += Buffer.byteLength(text);
    sizes.file += Buffer.byteLength(text);
    writing ??= writeAll().finally(() => {
      writing = undefined;
    });
  }

  async function writeAll(): Promise<void> {
    while (waiting.length > 0 && state !== "failed") {
      const text = waiting.splice(0).join("");
      try {
        await handle.writeFile(text);
      } catch (error) {
        state = "failed";
        log.incident("trace", error);
      }
      sizes.waiting -= Buffer.byteLength(text);
    }
  }

  function write(line: object): void {
    if (state !== "writing") return;
    const before = left === 0 ? "" : `${JSON.stringify({ leftOut: left })}\n`;
    const text = `${before}${JSON.stringify(line)}\n`;
    const bytes = Buffer.byteLength(text);
    if (sizes.waiting + bytes > TRACE_WAITING_BYTES_MAX) {
      left++;
      return;
    }
    if (sizes.file + bytes + FULL.length > TRACE_BYTES_MAX) {
      state = "full";
      return take(FULL);
    }
    left = 0;
    take(text);
  }

  const close = async () => {
    await writing;
    await handle.close();
  };
  write({ trace: 1, begun: new Date(clock.wallMs()).toISOString(), postern: VERSION, ...machine() });
  return {
    write,
    get state() {
      return { file, state, bytes: sizes.file };
    },
    close,
    remove: async () => {
      await close();
      await unlink(file);
    },
  };
}

/** Facts that a fault may depend on. None of them identifies the machine. */
function machine(): object {
  return { node: process.version, platform: `${process.platform} ${process.arch}`, kernel: release() };
}

async function made(file: string): Promise<FileHandle> {
  const name = basename(file);
  try {
    // Never through an existing file or link, since the trace would be written into it.
    return await open(file, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST")
      throw new StartRefused(
        `--trace: there is a file, a folder or a link named "${name}" already`,
        "name a file that does not exist yet; the agent makes it",
        error,
      );
    throw new StartRefused(
      `--trace: the file "${name}" could not be made (${code})`,
      "name a file in a folder that exists and that you can write to",
      error,
    );
  }
}
