// Sends lines on one connection. The lines of a turn of the event loop are gathered. A peer that does not read is closed.
import type { Duplex } from "node:stream";
import { limits } from "../../protocol/limits.ts";
import { discard, type Line, writeLines } from "../call/encoded.ts";

export type Sending = {
  /** Sends a line, or wipes it where the peer has gone. */
  send(line: Line): void;
  /** Writes the gathered lines now. */
  flush(): void;
  readonly unsentBytes: number;
};

export type SendingParts = {
  readonly socket: Duplex;
  /** Whether the agent has room for this connection's held bytes. */
  readonly mayHold: () => boolean;
  readonly onUnread: (unsentBytes: number) => void;
};

export function createSending({ socket, mayHold, onUnread }: SendingParts): Sending {
  let lines: Line[] = [];
  let gatheredBytes = 0;
  const unsentBytes = () => socket.writableLength + gatheredBytes;

  function taken(): Line[] {
    const all = lines;
    lines = [];
    gatheredBytes = 0;
    return all;
  }

  function close(): void {
    onUnread(unsentBytes());
    socket.destroy();
    taken().forEach(discard);
  }

  /** One write for all answers of a turn of the event loop. Under load one system call serves many requests. */
  function flush(): void {
    const all = taken();
    if (socket.destroyed) return all.forEach(discard);
    if (all.length === 0) return;
    writeLines(socket, all);
    if (!mayHold()) close();
    else if (socket.writableLength > limits.unsentBytesPause) socket.pause();
  }

  return {
    send: (line) => {
      if (socket.destroyed) return discard(line);
      lines.push(line);
      gatheredBytes += line.bytes;
      // Counted before anything is written, since one turn may have hundreds of long answers.
      if (unsentBytes() > limits.unsentBytesClose) return close();
      if (lines.length === 1) setImmediate(flush);
    },
    flush,
    get unsentBytes() {
      return unsentBytes();
    },
  };
}
