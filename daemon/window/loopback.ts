// Listens on both loopback addresses at once. A browser may try either first. If another program had one of them, that program would be taken for us.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { PosternError } from "../../protocol/errors.ts";

/** Open HTTP connections at once. A browser opens six. Where there are more, the oldest one that is of no session ends. */
export const CONNECTIONS_MAX = 64;

/** Milliseconds for the head of a request, and for all of it. A page of this machine needs a few. */
const HEAD_MS = 10_000;
const REQUEST_MS = 30_000;

const addresses = ["127.0.0.1", "::1"] as const;

export type Loopback = {
  readonly port: number;
  /** Ends every connection and frees the port. */
  close(): Promise<void>;
};

/** Answers a request. `hold` says that it is of a session: its connection stays until the answer has ended. */
export type OnRequest = (request: IncomingMessage, response: ServerResponse, hold: () => void) => void;

/** `mayConnect` is asked before a byte is read. Throws appUnavailable where another program has the port. */
export async function listenOnLoopback(
  port: number,
  onRequest: OnRequest,
  mayConnect: (socket: Socket) => boolean,
): Promise<Loopback> {
  const servers: Server[] = [];
  const closeAll = async () => {
    await Promise.all(servers.map(closed));
  };
  try {
    for (const host of addresses) {
      const server = await listening(serverFor(onRequest, mayConnect), host, portOf(servers) ?? port);
      if (server !== undefined) servers.push(server);
    }
    const taken = portOf(servers);
    if (taken === undefined) throw new PosternError("appUnavailable", "this machine has no loopback address");
    return { port: taken, close: closeAll };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

/** Any program of the user can open connections and send half a request on each. Those give way, so that it does not keep the person's browser out. */
function serverFor(onRequest: OnRequest, mayConnect: (socket: Socket) => boolean): Server {
  const held = new Set<Socket>();
  const open = new Set<Socket>();
  const server = createServer({ headersTimeout: HEAD_MS, requestTimeout: REQUEST_MS }, (request, response) => {
    const { socket } = request;
    onRequest(request, response, () => {
      held.add(socket);
      response.once("close", () => held.delete(socket));
    });
  });
  server.on("connection", (socket: Socket) => {
    if (!mayConnect(socket)) return void socket.destroy();
    open.add(socket);
    socket.once("close", () => open.delete(socket));
    if (open.size <= CONNECTIONS_MAX) return;
    // In the order of their coming. Where all others are held it is this one.
    const oldest = [...open].find((one) => !held.has(one));
    open.delete(oldest ?? socket);
    oldest?.destroy();
  });
  return server;
}

/** Undefined where the machine has no such address. */
function listening(server: Server, host: string, port: number): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const { code = "" } = error;
      if (["EADDRNOTAVAIL", "EAFNOSUPPORT"].includes(code)) return resolve(undefined);
      if (code !== "EADDRINUSE" && code !== "EACCES") return reject(error);
      reject(
        new PosternError("appUnavailable", `port ${port} is taken`, {
          hint: "end the program that has it, or choose another port with POSTERN_APP_PORT and restart the agent",
          cause: error,
        }),
      );
    });
    // Exclusive: never a port that another program shares.
    server.listen({ host, port, ipv6Only: true, exclusive: true }, () => resolve(server));
  });
}

function portOf([first]: readonly Server[]): number | undefined {
  const address = first?.address();
  return address !== null && typeof address === "object" ? address.port : undefined;
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
