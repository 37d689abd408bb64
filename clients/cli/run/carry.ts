// Carries one stream of a program's output to where it goes, with its secrets concealed.
import { write } from "node:fs";
import { Socket } from "node:net";
import { ReadStream } from "node:tty";
import { untilWritable, waitingBytes } from "./libc.ts";
import type { Source } from "./link.ts";
import { createMasker } from "./masker.ts";

/**
 * Milliseconds after which the held-back beginning of a secret is shown. Longer than a program takes between two parts of one
 * line, shorter than a person notices.
 */
export const PAUSE_MS = 50;

/** Milliseconds without output after which a terminal holds none: what is written to it arrives a little later. */
const QUIET_MS = 20;

/** Milliseconds to wait for a full descriptor that somebody has made non-blocking. */
const WRITABLE_MS = 1_000;

export type Carrier = {
  /** Fulfilled when all that was written so far has arrived. */
  flush(): Promise<void>;
  /** Fulfilled when the program, and whatever it started, has closed its end. */
  readonly ended: Promise<void>;
};

/** Not by promisify: to load Node's util is to look at stderr (own-stdio.ts). */
function writeSome(fd: number, bytes: Uint8Array, at: number): Promise<number> {
  return new Promise((resolve, reject) =>
    write(fd, bytes, at, (error, written) => (error === null ? resolve(written) : reject(error))),
  );
}

/** Writes all bytes, off the main thread. Rejects where the reader has gone. Used in place of a stream, which would make the descriptor non-blocking. */
export async function writeAll(fd: number, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    try {
      at += await writeSome(fd, bytes, at);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
      await untilWritable(fd, WRITABLE_MS);
    }
  }
}

/** Bytes that wait to be written before no more are read: enough that reading and writing go on side by side. */
const WAITING_BYTES_MAX = 1024 * 1024;

/** Writes in order, off the main thread, as much at a time as waits. `failed` is called where no more can be written. */
function createWriter(to: number, less: () => void, failed: (code: string) => void) {
  let waiting: Uint8Array[] = [];
  let bytes = 0;
  let writing: Promise<void> | undefined;

  async function drain(): Promise<void> {
    while (waiting.length > 0) {
      const next = Buffer.concat(waiting);
      waiting = [];
      await writeAll(to, next);
      bytes -= next.length;
      less();
    }
  }

  return {
    /** Whether no more should be given for now. */
    get isFull() {
      return bytes > WAITING_BYTES_MAX;
    },
    give: (more: Uint8Array) => {
      if (more.length === 0) return;
      waiting.push(more);
      bytes += more.length;
      writing ??= drain()
        .catch((error: NodeJS.ErrnoException) => failed(error.code ?? "EIO"))
        .finally(() => {
          writing = undefined;
        });
    },
    /** Fulfilled when all that was given has arrived, or nobody reads it. */
    done: async () => {
      while (writing !== undefined) await writing;
    },
  };
}

/** `lost` is told the system's error where output could not be written, and somebody waits for it. */
export function carry({ fd, to, kind }: Source, forms: readonly Uint8Array[], lost: (code: string) => void): Carrier {
  const masker = createMasker(forms);
  const stream = kind === "pipe" ? new Socket({ fd, readable: true, writable: false }) : new ReadStream(fd);
  let pause: NodeJS.Timeout | undefined;
  let lastMs = performance.now();
  const writer = createWriter(
    to,
    () => void (writer.isFull || stream.resume()),
    (code) => {
      // The program is told as it would be without us where the reader has gone, by SIGPIPE or SIGHUP.
      stream.destroy();
      if (code !== "EPIPE") lost(code);
    },
  );
  const showHeld = () => writer.give(masker.end());

  stream.on("data", (chunk: Buffer) => {
    lastMs = performance.now();
    clearTimeout(pause);
    writer.give(masker.push(chunk));
    if (masker.holds) pause = setTimeout(showHeld, PAUSE_MS);
    if (writer.isFull) stream.pause();
  });
  // The end of a terminal is told as an input error (EIO).
  stream.on("error", () => stream.destroy());

  const ended = new Promise<void>((resolve) =>
    stream.once("close", () => {
      clearTimeout(pause);
      showHeld();
      void writer.done().then(resolve);
    }),
  );

  // A stream that has ended closes its descriptor before it says so.
  const isEmpty = () =>
    stream.destroyed || (kind === "pipe" ? waitingBytes(fd) === 0 : performance.now() - lastMs > QUIET_MS);

  return {
    ended,
    flush: async () => {
      lastMs = performance.now();
      while (!isEmpty()) {
        await writer.done();
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      showHeld();
      await writer.done();
    },
  };
}
