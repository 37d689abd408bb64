// What goes out on one connection: lines are gathered for a turn of the event loop, and a peer that does not read is closed.
import type { Socket } from "node:net";
import { limits } from "../../protocol/limits.ts";
import { discard, type Line, writeLines } from "../call/encoded.ts";

export type Sending = {
  /** Sends a line, or wipes it where nobody is there. */
  send(line: Line): void;
  /** Writes now what was gathered. */
  flush(): void;
  readonly unsentBytes: number;
};

export type SendingParts = {
  readonly socket: Socket;
  /** Whether the agent has room for what this connection makes it hold. */
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

  /** One write for all answers of a turn of the event loop: under load a system call serves many requests. */
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
      // Counted before anything is written: hundreds of long answers may be there in one turn.
      if (unsentBytes() > limits.unsentBytesClose) return close();
      if (lines.length === 1) setImmediate(flush);
    },
    flush,
    get unsentBytes() {
      return unsentBytes();
    },
  };
}
