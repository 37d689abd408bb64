// A raw connection to the agent's socket: sends any bytes, reads parsed lines.
import { connect, type Socket } from "node:net";

export type Raw = {
  readonly socket: Socket;
  send(bytes: string | Uint8Array): void;
  /** Sends a request. Returns its response. */
  ask(request: object): Promise<Record<string, unknown>>;
  /** The next line of the agent. Undefined once it has closed. */
  next(): Promise<Record<string, unknown> | undefined>;
  close(): void;
};

export function openRaw(path: string): Promise<Raw> {
  const socket = connect({ path, allowHalfOpen: true });
  const lines: Record<string, unknown>[] = [];
  const waiting: ((line: Record<string, unknown> | undefined) => void)[] = [];
  let ended = false;
  let held = "";
  socket.setEncoding("utf8").on("data", (text: string) => {
    held += text;
    for (let at = held.indexOf("\n"); at !== -1; at = held.indexOf("\n")) {
      const line = JSON.parse(held.slice(0, at)) as Record<string, unknown>;
      held = held.slice(at + 1);
      const next = waiting.shift();
      if (next === undefined) lines.push(line);
      else next(line);
    }
  });
  const end = () => {
    ended = true;
    for (const next of waiting.splice(0)) next(undefined);
  };
  socket.on("end", end);
  socket.on("close", end);
  socket.on("error", () => undefined);
  const raw: Raw = {
    socket,
    send: (bytes) => void socket.write(bytes),
    ask: async (request) => {
      raw.send(`${JSON.stringify(request)}\n`);
      const answer = await raw.next();
      if (answer === undefined) throw new Error("the agent closed the connection");
      return answer;
    },
    next: () => {
      const line = lines.shift();
      if (line !== undefined || ended) return Promise.resolve(line);
      return new Promise((resolve) => waiting.push(resolve));
    },
    close: () => void socket.destroy(),
  };
  return new Promise((resolve, reject) => {
    socket.once("connect", () => resolve(raw));
    socket.once("error", reject);
  });
}
