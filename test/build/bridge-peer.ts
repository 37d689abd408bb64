// Plays the agent's door for the official SDKs on a real socket: it answers the hello, and then each line as the test says.
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What the peer answers to one line. Undefined means nothing: the test answers or closes itself. */
type Answer = (line: string, socket: Socket) => string | undefined;

export type Peer = {
  readonly path: string;
  /** The lines of all connections but the hellos, in order. Long ones are cut. */
  readonly lines: string[];
  readonly hellos: string[];
  /** Connections that were opened, and those that have ended since. */
  opened(): number;
  ended(): number;
  /** Fulfilled when `count` connections have ended. */
  untilEnded(count: number): Promise<void>;
  /** Stops listening and ends every connection, as an agent that is killed. */
  close(): Promise<void>;
};

export const ACCEPTED = '{"jsonrpc":"2.0","id":1,"result":{"protocol":2,"features":[]}}';

/** A line beyond this is kept cut: the tests look at its beginning and its length. */
const KEPT = 4096;

/** An answer with the official encoding: the bytes of a text as numbers. */
export const envelope = (text: string, success = true): string =>
  JSON.stringify({ success, payload: [...Buffer.from(text)] });

/** The text in an answer. */
export function opened(answer: string): { success: boolean; text: string } {
  const { success, payload } = JSON.parse(answer) as { success: boolean; payload: number[] };
  return { success, text: Buffer.from(payload).toString() };
}

export const newFolder = (): string => mkdtempSync(join(tmpdir(), "postern-b-"));

type Options = {
  /** The answer to the hello, or what happens instead. */
  readonly hello?: string | Answer;
  readonly path?: string;
  /** Called where a part of a line has arrived, and its end has not. */
  readonly part?: (socket: Socket) => void;
};

export async function startPeer(
  answer: Answer,
  { hello = ACCEPTED, path = join(newFolder(), "agent.sock"), part = () => {} }: Options = {},
): Promise<Peer> {
  const lines: string[] = [];
  const hellos: string[] = [];
  const sockets = new Set<Socket>();
  let opened = 0;
  let ended = 0;
  let told = () => {};
  const server = createServer((socket) => {
    opened++;
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      sockets.delete(socket);
      ended++;
      told();
    });
    let rest: Buffer[] = [];
    let greeted = false;
    socket.on("data", (chunk: Buffer) => {
      for (let at = 0; at < chunk.length; ) {
        const end = chunk.indexOf(10, at);
        rest.push(chunk.subarray(at, end < 0 ? chunk.length : end));
        if (end < 0) return part(socket);
        at = end + 1;
        const line = Buffer.concat(rest).toString();
        rest = [];
        if (greeted) lines.push(line.length > KEPT ? `${line.slice(0, KEPT)}… ${line.length}` : line);
        else hellos.push(line);
        const said = greeted ? answer(line, socket) : typeof hello === "string" ? hello : hello(line, socket);
        greeted = true;
        if (said !== undefined) socket.write(`${said}\n`);
      }
    });
  });
  // As the agent does: at no moment is the socket open to others.
  const before = process.umask(0o077);
  await new Promise<void>((resolve) => server.listen(path, resolve));
  process.umask(before);
  return {
    path,
    lines,
    hellos,
    opened: () => opened,
    ended: () => ended,
    untilEnded: (count) =>
      new Promise((resolve) => {
        told = () => (ended >= count ? resolve() : undefined);
        told();
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** Removes the peer with its folder. */
export async function removePeer(peer: Peer): Promise<void> {
  await peer.close();
  rmSync(join(peer.path, ".."), { recursive: true, force: true });
}
