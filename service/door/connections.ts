// The bounds of HTTP itself: how many connections there are, and how long one may take to say what it wants.
import type { Server } from "node:http";
import type { Socket } from "node:net";
import { keyOfAddress, plainAddress } from "./address.ts";

/** Connections in all. Each takes some ten kilobytes. Systems often allow a process little more than four thousand files. */
export const CONNECTIONS_MAX = 4_000;

/** Connections of one address: an agent keeps two or three, so fifty agents behind one address have enough. */
export const ADDRESS_CONNECTIONS_MAX = 256;

export const HTTP_LIMITS = {
  /** Bytes of all headers of a request. Ours are under one kilobyte, and proxies add some. */
  maxHeaderSize: 8 * 1024,
  /** Milliseconds until the headers have come. A slow one would keep its connection. */
  headersTimeout: 10_000,
  /** Milliseconds until a whole request has come: as long as its body may take, and its headers. */
  requestTimeout: 30_000,
  /** Milliseconds between two looks at those times. */
  connectionsCheckingInterval: 2_000,
} as const;

/** Cuts connections past the limits. Those of the named proxy are the connections of many, so it is counted in all alone. */
export function boundConnections(server: Server, proxy: string | undefined): void {
  const open = new Map<string, number>();
  server.maxConnections = CONNECTIONS_MAX;
  server.on("connection", (socket: Socket) => {
    const { remoteAddress = "" } = socket;
    const from = keyOfAddress(remoteAddress);
    if (from === undefined || (proxy !== undefined && plainAddress(remoteAddress) === proxy)) return;
    const now = (open.get(from) ?? 0) + 1;
    if (now > ADDRESS_CONNECTIONS_MAX) {
      socket.destroy();
      return;
    }
    open.set(from, now);
    socket.once("close", () => {
      const left = (open.get(from) ?? 1) - 1;
      if (left === 0) open.delete(from);
      else open.set(from, left);
    });
  });
}
