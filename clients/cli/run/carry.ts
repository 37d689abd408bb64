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

/** Milliseconds after which a terminal is not waited for: who still writes is another program, in the background. */
const FLUSH_MS_MAX = 200;

/** Milliseconds to wait for a full descriptor that somebody has made non-blocking. */
const WRITABLE_MS = 1_000;

export type Carrier = {
  /** Fulfilled when all that was written so far has arrived. What comes meanwhile is not waited for. */
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
  let given = 0;
  let written = 0;
  let isWriting = false;
  let waiters: { readonly wanted: number; readonly resolve: () => void }[] = [];

  function wake(): void {
    for (const { wanted, resolve } of waiters) if (written >= wanted) resolve();
    waiters = waiters.filter(({ wanted }) => written < wanted);
  }

  async function drain(): Promise<void> {
    isWriting = true;
    while (waiting.length > 0) {
      const [first = Buffer.alloc(0), ...more] = waiting;
      const next = more.length === 0 ? first : Buffer.concat(waiting);
      waiting = [];
      try {
        await writeAll(to, next);
      } catch (error) {
        failed((error as NodeJS.ErrnoException).code ?? "EIO");
      }
      written += next.length;
      wake();
      less();
    }
    isWriting = false;
  }

  return {
    /** Whether no more should be given for now. */
    get isFull() {
      return given - written > WAITING_BYTES_MAX;
    },
    give: (more: Uint8Array) => {
      if (more.length === 0) return;
      waiting.push(more);
      given += more.length;
      if (!isWriting) void drain();
    },
    /** Fulfilled when all that was given until now has arrived, or cannot. */
    done: () =>
      new Promise<void>((resolve) => {
        waiters.push({ wanted: given, resolve });
        wake();
      }),
  };
}

/** `lost` is told the system's error where output could not be written, and somebody waits for it. */
export function carry({ fd, to, kind }: Source, forms: readonly Uint8Array[], lost: (code: string) => void): Carrier {
  const masker = createMasker(forms);
  const stream = kind === "pipe" ? new Socket({ fd, readable: true, writable: false }) : new ReadStream(fd);
  let pause: NodeJS.Timeout | undefined;
  let lastMs = performance.now();
  let taken = 0;
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
    taken += chunk.length;
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
  const waits = () => (stream.destroyed ? 0 : waitingBytes(fd));

  /** Until what lies in the pipe now was read, or the terminal has been quiet for a moment. */
  async function readAll(): Promise<void> {
    const startMs = performance.now();
    const wanted = taken + (kind === "pipe" ? waits() : 0);
    lastMs = startMs;
    const isRead = () =>
      kind === "pipe"
        ? taken >= wanted
        : performance.now() - lastMs > QUIET_MS || performance.now() - startMs > FLUSH_MS_MAX;
    while (!stream.destroyed && !isRead()) {
      // While nobody takes the output, the terminal's silence says nothing.
      if (writer.isFull) await writer.done();
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  return {
    ended,
    flush: async () => {
      await readAll();
      showHeld();
      await writer.done();
    },
  };
}
