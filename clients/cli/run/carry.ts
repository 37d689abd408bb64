// Carries one stream of a program's output to its destination, and conceals secrets in it.
import { write } from "node:fs";
import { type OnReadOpts, Socket, type SocketConstructorOpts } from "node:net";
import { ReadStream } from "node:tty";
import { growPipe, untilWritable, waitingBytes } from "./libc.ts";
import type { Source } from "./link.ts";
import { createMasker } from "./masker.ts";

/**
 * Milliseconds after which the held-back beginning of a secret is shown. A program writes the parts of one line in less time, and a
 * person does not notice the delay.
 */
export const PAUSE_MS = 50;

/** Milliseconds without output after which a terminal counts as empty. Output arrives from it a little late. */
const QUIET_MS = 20;

/** Milliseconds to wait for a terminal to become empty. A program that still writes then is another one, in the background. */
const FLUSH_MS_MAX = 200;

/** Milliseconds to wait for a full descriptor that another program has made non-blocking. */
const WRITABLE_MS = 1_000;

export type Carrier = {
  /** Fulfilled when everything written so far has arrived. It does not wait for later output. */
  flush(): Promise<void>;
  /** Fulfilled when the program and all programs that it started have closed their end. */
  readonly ended: Promise<void>;
};

/** Without promisify, since loading Node's util looks at stderr (own-stdio.ts). */
function writeSome(fd: number, bytes: Uint8Array, at: number): Promise<number> {
  return new Promise((resolve, reject) =>
    write(fd, bytes, at, (error, written) => (error === null ? resolve(written) : reject(error))),
  );
}

/** Writes all bytes, off the main thread. Rejects where the reader has gone. A stream would make the descriptor non-blocking. */
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

/**
 * Bytes of one read, and of the pipe's buffer. With a pipe's usual 64 KiB the two processes spend twice the time on waking each
 * other. More than this is no faster.
 */
const PIECE_BYTES = 256 * 1024;

/** A piece with room for this many bytes is filled further. A terminal gives 4 KiB at a time. */
const READ_BYTES_MIN = 64 * 1024;

/** Writes in order, off the main thread, all waiting bytes at a time. Calls `failed` where no more can be written. */
function createWriter(to: number, failed: (code: string) => void) {
  let waiting: Uint8Array[] = [];
  let last = Promise.resolve();

  async function writeWaiting(): Promise<void> {
    const [first, ...more] = waiting;
    if (first === undefined) return;
    const bytes = more.length === 0 ? first : Buffer.concat(waiting);
    waiting = [];
    await writeAll(to, bytes).catch((error: NodeJS.ErrnoException) => failed(error.code ?? "EIO"));
  }

  return {
    give: (bytes: Uint8Array) => {
      if (bytes.length > 0) waiting.push(bytes);
      last = last.then(writeWaiting);
    },
    /** Fulfilled when all bytes given until now have arrived or cannot arrive. */
    done: () => last,
  };
}

/**
 * Two pieces of memory in turn: one is filled, by one read or by several, while the other is written. Getting new memory for each read
 * would cost more than all work on its bytes.
 */
function createPieces() {
  const pieces = [1, 2].map(() => ({ memory: Buffer.allocUnsafeSlow(PIECE_BYTES), unwritten: 0 }));
  const [first, second] = pieces as [(typeof pieces)[0], (typeof pieces)[0]];
  let filled = first;
  let from = 0;
  let isWaiting = false;
  return {
    /** The memory for the next bytes. */
    next: () => filled.memory.subarray(from),
    /** Whether reading may go on after so many bytes. If not, `resume` is called later, once it may. */
    used: (length: number, written: Promise<void>, resume: () => void): boolean => {
      const piece = filled;
      piece.unwritten += 1;
      void written.then(() => {
        piece.unwritten -= 1;
        if (!isWaiting || filled.unwritten > 0) return;
        isWaiting = false;
        resume();
      });
      from += length;
      if (PIECE_BYTES - from >= READ_BYTES_MIN) return true;
      filled = filled === first ? second : first;
      from = 0;
      isWaiting = filled.unwritten > 0;
      return !isWaiting;
    },
  };
}

/** Node's terminals take `onread` as its sockets do, although its types do not say so. */
function openOutput(fd: number, kind: Source["kind"], onread: OnReadOpts): Socket {
  if (kind !== "pipe") return new ReadStream(fd, { onread } as SocketConstructorOpts);
  const stream = new Socket({ fd, readable: true, writable: false, onread });
  growPipe(fd, PIECE_BYTES);
  return stream;
}

/** Calls `lost` with the system's error where output could not be written although somebody waits for it. */
export function carry({ fd, to, kind }: Source, forms: readonly Uint8Array[], lost: (code: string) => void): Carrier {
  const masker = createMasker(forms);
  let pause: NodeJS.Timeout | undefined;
  let lastMs = performance.now();
  let taken = 0;
  const writer = createWriter(to, (code) => {
    // Where the reader has gone, the program learns it by SIGPIPE or SIGHUP, as without Postern.
    stream.destroy();
    if (code !== "EPIPE") lost(code);
  });
  const showHeld = () => writer.give(masker.end());

  const pieces = createPieces();
  function take(chunk: Uint8Array): boolean {
    lastMs = performance.now();
    taken += chunk.length;
    clearTimeout(pause);
    writer.give(masker.push(chunk));
    if (masker.holds) pause = setTimeout(showHeld, PAUSE_MS);
    return pieces.used(chunk.length, writer.done(), () => stream.resume());
  }
  const onread = {
    buffer: pieces.next,
    callback: (length: number, piece: Uint8Array) => take(piece.subarray(0, length)),
  };
  const stream = openOutput(fd, kind, onread);
  stream.resume();
  // The end of a terminal looks like an input error (EIO).
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

  /** Waits until the present content of the pipe was read, or the terminal has been quiet for a moment. */
  async function readAll(): Promise<void> {
    const startMs = performance.now();
    const wanted = taken + (kind === "pipe" ? waits() : 0);
    lastMs = startMs;
    const isRead = () =>
      kind === "pipe"
        ? taken >= wanted
        : performance.now() - lastMs > QUIET_MS || performance.now() - startMs > FLUSH_MS_MAX;
    while (!stream.destroyed && !isRead()) {
      // While nobody reads the output, a silent terminal does not mean an empty one.
      await writer.done();
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
