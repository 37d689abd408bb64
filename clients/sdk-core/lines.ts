// One connection that carries a line out and a line back, one at a time. It keeps a program alive only while a line is awaited.
import type { Socket } from "node:net";
import { ConnectionLost } from "../typescript/local-error.ts";

/** Bytes of an answer after which the connection is given up: the agent's longest has 72 MiB. */
const ANSWER_BYTES_MAX = 73 * 1024 * 1024;

const LF = 0x0a;

export type Lines = {
  /** Sends a line and returns the next one of the agent. Throws ConnectionLost. */
  ask(line: string): Promise<string>;
  readonly isOpen: boolean;
  close(): void;
};

export function linesOver(socket: Socket): Lines {
  let chunks: Buffer[] = [];
  let size = 0;
  let awaited: { resolve(line: string): void; reject(error: Error): void } | undefined;
  let isOpen = true;

  function settle(line?: string): void {
    const { resolve, reject } = awaited ?? {};
    awaited = undefined;
    socket.unref();
    if (line === undefined) reject?.(new ConnectionLost());
    else resolve?.(line);
  }

  function end(): void {
    isOpen = false;
    socket.destroy();
    settle();
  }

  socket.unref();
  socket.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    size += chunk.length;
    // A line that nobody asked for comes from no agent of ours.
    if (awaited === undefined || size > ANSWER_BYTES_MAX) return end();
    if (chunk.at(-1) !== LF) return;
    const whole = Buffer.concat(chunks);
    chunks = [];
    size = 0;
    settle(whole.toString("utf8", 0, whole.length - 1));
    whole.fill(0);
  });
  socket.once("close", end);
  // "close" follows, and says the same.
  socket.on("error", () => undefined);

  return {
    ask: (line) =>
      new Promise((resolve, reject) => {
        if (!isOpen) return reject(new ConnectionLost());
        awaited = { resolve, reject };
        socket.ref();
        socket.write(`${line}\n`);
      }),
    get isOpen() {
      return isOpen;
    },
    close: end,
  };
}
