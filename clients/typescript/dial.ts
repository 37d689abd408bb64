// Connects to the agent's socket, where that is the user's own.
import { lstatSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { dirname } from "node:path";
import { AgentNotRunning, UntrustedSocket } from "./local-error.ts";

const NO_SOCKET = "move that file out of the way, and run `postern agent start`";
const OF_OTHERS = "run this program as that user and not by sudo, or look at POSTERN_SOCKET and POSTERN_HOME";
const WAY_TO_IT =
  "look at it and at the folders on the way to it, which must let you in, and at POSTERN_SOCKET, POSTERN_HOME and XDG_RUNTIME_DIR, which say where it is";

/** Refuses a socket that another user made, or whose folder another user can write to: that user would read every request. */
function checkSocket(path: string): void {
  if (process.platform === "win32") return;
  try {
    const uid = process.getuid?.();
    const socket = lstatSync(path);
    const folder = lstatSync(dirname(path));
    if (!socket.isSocket()) throw new UntrustedSocket("it is not a socket", NO_SOCKET);
    if (socket.uid !== uid) throw new UntrustedSocket("it belongs to another user", OF_OTHERS);
    if (folder.uid !== uid) throw new UntrustedSocket("its folder belongs to another user", OF_OTHERS);
    if ((folder.mode & 0o077) !== 0) throw new UntrustedSocket("its folder is open to other users");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") throw new AgentNotRunning("there is no socket", error);
    if (code === undefined) throw error;
    throw new UntrustedSocket(`${path} cannot be looked at (${code})`, WAY_TO_IT);
  }
}

/** Connects to the agent's socket. Throws AgentNotRunning and UntrustedSocket. */
export async function dial(path: string): Promise<Socket> {
  checkSocket(path);
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once("connect", () => resolve(socket));
    socket.once("error", (error: NodeJS.ErrnoException) => reject(notDialled(path, error)));
  });
}

function notDialled(path: string, error: NodeJS.ErrnoException): Error {
  if (error.code === "ECONNREFUSED" || error.code === "ENOENT")
    return new AgentNotRunning("the socket is left over from an agent that has ended", error);
  return new UntrustedSocket(`${path} cannot be connected to (${error.code})`, WAY_TO_IT);
}
