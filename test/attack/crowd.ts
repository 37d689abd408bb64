// A program without any grant that keeps the agent busy in one of several ways, until it is ended. It prints one line once the first answers have come.
import { connect } from "node:net";

/** Each way: its connections, and the lines that each of them has under way at once. Its bytes are made anew, so that no question is a repeated one. */
type Way = { readonly connections: number; lines(): string };

let number = 0;
const request = (method: string, params: object) => JSON.stringify({ jsonrpc: "2.0", id: number++, method, params });
const several = (count: number, line: () => string) => Array.from({ length: count }, line).join("\n");

const coldReference = () => `op://Demo/cold ${number++}/password`;
const coldResolve = () => request("secrets.resolve", { reference: coldReference(), noWait: true });

/** Beyond the hello a line may have 4 MiB. */
const objects = (bytes: number) => `[${"{},".repeat(Math.floor(bytes / 3) - 1)}{}]`;
const LONG_LINE = objects(4 * 1024 * 1024 - 100);

export const ways = {
  "16 audit.list in flight": { connections: 1, lines: () => several(16, () => request("audit.list", {})) },
  "200 connections pipelining agent.status": {
    connections: 200,
    lines: () => several(200, () => request("agent.status", {})),
  },
  "cold noWait resolves": { connections: 16, lines: () => several(100, coldResolve) },
  "resolveAll of 100, with noWait": {
    connections: 4,
    lines: () =>
      several(8, () =>
        request("secrets.resolveAll", { references: Array.from({ length: 100 }, coldReference), noWait: true }),
      ),
  },
  "100 batches of 100": {
    connections: 1,
    lines: () => several(100, () => `[${Array.from({ length: 100 }, coldResolve).join(",")}]`),
  },
  "lines of 4 MiB of {}": { connections: 16, lines: () => LONG_LINE },
} satisfies Readonly<Record<string, Way>>;

export type WayName = keyof typeof ways;

export const wayNames = Object.keys(ways) as WayName[];

const hello = `${request("agent.hello", { protocol: 2, client: { name: "crowd", version: "1" } })}\n`;

const LF = 0x0a;

/** Sends the lines, waits for as many answers, and begins again. Where the agent closes the connection, another one is opened. */
function press(path: string, lines: () => string, answered: () => void): void {
  const socket = connect(path, () => socket.write(hello));
  let awaited = 1;
  const again = () => {
    const text = lines();
    awaited = text.split("\n").length;
    socket.write(`${text}\n`);
  };
  socket.on("data", (chunk: Buffer) => {
    for (let at = chunk.indexOf(LF); at !== -1; at = chunk.indexOf(LF, at + 1)) {
      awaited--;
      if (awaited > 0) continue;
      answered();
      again();
    }
  });
  socket.on("error", () => undefined);
  socket.on("close", () => setTimeout(() => press(path, lines, answered), CLOSED_WAIT_MS));
}

/** Milliseconds until a closed connection is opened again. */
const CLOSED_WAIT_MS = 20;

if (import.meta.main) {
  const [path = "", name = ""] = process.argv.slice(2);
  const { connections, lines } = ways[name as WayName];
  let answers = 0;
  // The first answer of each is that to its hello.
  const answered = () => {
    answers++;
    if (answers === connections + 1) process.stdout.write("busy\n");
  };
  for (let at = 0; at < connections; at++) press(path, lines, answered);
}
