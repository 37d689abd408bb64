// Listens on both loopback addresses at once. A browser may try either first. If another program had one of them, that program would be taken for us.
import { createServer, type RequestListener, type Server } from "node:http";
import type { Socket } from "node:net";
import { PosternError } from "../../protocol/errors.ts";

/** Open HTTP connections at once. A browser opens six. */
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

/** `mayConnect` is asked before a byte is read. Throws appUnavailable where another program has the port. */
export async function listenOnLoopback(
  port: number,
  onRequest: RequestListener,
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

function serverFor(onRequest: RequestListener, mayConnect: (socket: Socket) => boolean): Server {
  const server = createServer({ headersTimeout: HEAD_MS, requestTimeout: REQUEST_MS }, onRequest);
  server.maxConnections = CONNECTIONS_MAX;
  server.on("connection", (socket: Socket) => {
    if (!mayConnect(socket)) socket.destroy();
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
