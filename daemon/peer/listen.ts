// The two doors into the agent: a path of its own (node-ipc), and a socket that systemd made (node:net, since node-ipc cannot take one).
// Both hand over a socket that has read nothing yet, with the process of its peer, or they hand over nothing. Only this file uses
// node-ipc.
import { chmodSync, lstatSync, type Stats, unlinkSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { dirname } from "node:path";
// @ts-expect-error: the package ships no types. `Ipc` below is the small part that is used.
import { IPCModule } from "node-ipc";
import type { Native } from "../host/native.ts";
import { ensurePrivateFolder } from "../host/private-files.ts";
import { StartRefused } from "../host/start-refused.ts";
import type { PeerSystem, ProcessHandle } from "./peer.ts";

/** Open connections at once. A machine has far fewer programs. With a pidfd each they fit into the usual 1,024 descriptors. */
export const CONNECTIONS_MAX = 480;
/** The descriptor of the first socket that systemd passes, sd_listen_fds(3). */
export const PASSED_DESCRIPTOR = 3;

/** The receiver of connections. `onSocket` gets a paused socket with the handle of its process, and owns both from then on. */
export type Door = {
  readonly peers: PeerSystem;
  readonly native: Native;
  onSocket(socket: Socket, handle: ProcessHandle): void;
  /** A connection was closed before it was read. `reason` names the rule. */
  onRefused(reason: string): void;
};

/** An open door. */
export type Listening = {
  /** The socket's path. */
  readonly path: string;
  /** Accepts no more connections, and removes the socket file where the agent made it. The owner ends its own connections. */
  close(): void;
};

/**
 * Listens on a path of the agent. The instance lock must be held. The folder is made, or checked to be 0700 and this user's. The socket is
 * 0600. A dead agent's socket is removed. Throws StartRefused, and touches nothing, for a live socket and for anything that is no socket.
 */
export async function listenOnPath(path: string, door: Door): Promise<Listening> {
  ensurePrivateFolder(dirname(path));
  await removeStale(path);
  const ipc = createIpc(path);
  const server = await started(ipc, path, (socket) => receive(socket, door));
  // The usual umask has made it so already. This is for an agent with another umask.
  chmodSync(path, 0o600);
  return closable(server, door, path);
}

/**
 * Listens on the socket that systemd passed. Undefined where none was passed to this process. Throws StartRefused for anything but one
 * listening Unix socket in a folder that only this user can enter.
 */
export async function listenOnPassed(env: NodeJS.ProcessEnv, door: Door): Promise<Listening | undefined> {
  // The socket is meant for another process, for example after a wrapper without exec.
  if (env.LISTEN_PID === undefined || env.LISTEN_PID !== `${process.pid}`) return undefined;
  if (env.LISTEN_FDS !== "1")
    throw new StartRefused("exactly one socket must be passed", "keep one ListenStream in the socket unit");
  const path = checkPassed(door.native);
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => receive(socket, door));
  server.maxConnections = CONNECTIONS_MAX;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ fd: PASSED_DESCRIPTOR }, () => {
      server.off("error", reject);
      resolve();
    });
  });
  return closable(server, door, path);
}

/** Returns the socket's path. */
function checkPassed(native: Native): string {
  let isListening = false;
  try {
    isListening = native.isListening(PASSED_DESCRIPTOR);
  } catch (error) {
    throw new StartRefused("the passed descriptor is not a socket", "check the socket unit", error);
  }
  if (!isListening)
    throw new StartRefused(
      "the passed descriptor is not a listening Unix stream socket",
      "use ListenStream with a path in the socket unit",
    );
  const path = native.boundPath(PASSED_DESCRIPTOR);
  if (path === undefined)
    throw new StartRefused("the passed socket has no path", "use ListenStream with a path in the socket unit");
  ensurePrivateFolder(dirname(path));
  const socket = lstatSync(path);
  if (socket.uid !== process.geteuid?.() || (socket.mode & 0o077) !== 0) {
    throw new StartRefused("the passed socket is open to other users", "set SocketMode=0600 in the socket unit");
  }
  native.closeOnExec(PASSED_DESCRIPTOR);
  return path;
}

/** Both doors end here. Credentials come first, and no byte is read before them. */
function receive(socket: Socket, door: Door): void {
  // A peer that has ended its side (`nc -N`) still gets its answer.
  socket.allowHalfOpen = true;
  socket.pause();
  // Without a listener an ECONNRESET would end the agent. The owner of the socket adds its own listener.
  socket.on("error", () => socket.destroy());
  let handle: ProcessHandle;
  try {
    handle = door.peers.handleOf(socket);
  } catch (error) {
    socket.destroy();
    door.onRefused(error instanceof Error ? error.message : "unknown");
    return;
  }
  door.onSocket(socket, handle);
}

/** An instance of node-ipc 14.0.0. */
type Ipc = {
  readonly config: object;
  readonly server: {
    /** The listening server. It exists once start() has returned. */
    readonly server: Server;
    readonly sockets: Socket[];
    on(event: "connect", listener: (socket: Socket) => void): void;
    on(event: "error", listener: (error: Error) => void): void;
    start(): void;
  };
  serve(path: string, onStart: () => void): void;
};

/** A private instance, since all importers share the module's default one. */
function createIpc(path: string): Ipc {
  const ipc: Ipc = new IPCModule();
  Object.assign(ipc.config, {
    parser: "raw",
    rawBuffer: true,
    // Its own removal of an old socket does not check whether an agent still listens there.
    unlink: false,
    // Otherwise it prints to stdout, and its errors name the path.
    silent: true,
    logger: () => undefined,
    maxConnections: CONNECTIONS_MAX,
    readableAll: false,
    writableAll: false,
    socketRoot: `${dirname(path)}/`,
  });
  return ipc;
}

function started(ipc: Ipc, path: string, onSocket: (socket: Socket) => void): Promise<Server> {
  return new Promise((resolve, reject) => {
    ipc.serve(path, () => resolve(ipc.server.server));
    ipc.server.on("error", (error: Error) => reject(error));
    ipc.server.on("connect", (socket: Socket) => {
      takeFrom(ipc, socket);
      onSocket(socket);
    });
    ipc.server.start();
    // node-ipc cannot pass these to createServer. The server reads both at each connection. Nobody can connect before the next turn of
    // the event loop.
    Object.assign(ipc.server.server, { allowHalfOpen: true, pauseOnConnect: true });
  });
}

/** Makes node-ipc forget the socket. It adds its own readers, and keeps the socket in a list that only its own listeners empty. */
function takeFrom(ipc: Ipc, socket: Socket): void {
  for (const event of ["data", "close", "error"]) socket.removeAllListeners(event);
  const kept = ipc.server.sockets.indexOf(socket);
  if (kept !== -1) ipc.server.sockets.splice(kept, 1);
}

/** Removes the socket of a dead agent. */
async function removeStale(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket())
    throw new StartRefused("what lies at the socket's path is no socket", "move it out of the way");
  if (found.uid !== process.geteuid?.())
    throw new StartRefused("the socket at our path belongs to another user", "move it out of the way");
  if (await isAnswered(path))
    throw new StartRefused("another agent listens on the socket", "stop it first with `postern agent stop`");
  // Only this user can enter the folder. So only a program of this user can have changed the socket meanwhile, and that one was not dialled.
  if (isSame(path, found)) unlinkSync(path);
}

/** Whether a program listens. Only a refused connection means no. A full backlog, for example, means a busy agent. */
function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", (error: NodeJS.ErrnoException) =>
      resolve(error.code !== "ECONNREFUSED" && error.code !== "ENOENT"),
    );
  });
}

function isSame(path: string, before: Stats): boolean {
  const now = lstatSync(path, { throwIfNoEntry: false });
  return now !== undefined && now.ino === before.ino && now.dev === before.dev;
}

function closable(server: Server, door: Door, path: string): Listening {
  server.on("drop", () => door.onRefused("too many connections"));
  server.on("error", () => door.onRefused("the listening socket failed"));
  return { path, close: () => void server.close() };
}
