// A door in the test's own process, where real programs connect. Each test learns what the agent would know of them.
import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadNative } from "../../../daemon/host/native.ts";
import { linuxPeers } from "../../../daemon/peer/linux.ts";
import { listenOnPath } from "../../../daemon/peer/listen.ts";
import type { PeerIdentity } from "../../../daemon/peer/peer.ts";

export type Meeting = {
  /** A folder of the test, without links in its path. */
  readonly folder: string;
  /** The socket. */
  readonly path: string;
  /** Starts a program that connects. Returns its identity at that moment. It fails where the program ends without connecting. */
  meet(words: readonly string[], options?: SpawnOptions): Promise<PeerIdentity>;
  close(): void;
};

/** Opens a door at `at` in a new folder. */
export async function openMeeting(at = "run"): Promise<Meeting> {
  const native = loadNative();
  const peers = linuxPeers(native);
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "postern-meet-")));
  const path = join(folder, at, "agent.sock");
  const children: ChildProcess[] = [];
  let met: (identity: PeerIdentity) => void = () => undefined;
  const listening = await listenOnPath(path, {
    peers,
    native,
    onSocket: (socket, handle) => {
      const peer = peers.identify(handle, () => performance.now());
      met(peer.identity);
      socket.on("close", () => peer.release()).resume();
    },
    onRefused: () => undefined,
  });
  return {
    folder,
    path,
    meet: ([program = "", ...words], options = {}) =>
      new Promise((resolve, reject) => {
        met = resolve;
        const env = { PATH: process.env.PATH, HOME: folder, SOCKET: path };
        // A group of its own, so that what it starts ends with it.
        const child = spawn(program, words, {
          ...{ cwd: folder, stdio: ["pipe", "ignore", "pipe"], detached: true },
          ...options,
          env: { ...env, ...options.env },
        });
        children.push(child);
        let errors = "";
        child.stderr?.on("data", (chunk: Buffer) => {
          errors += chunk.toString();
        });
        child.once("error", reject);
        child.once("close", () => reject(new Error(`it ended without connecting: ${errors}`)));
      }),
    close: () => {
      for (const { pid } of children) endGroup(pid);
      listening.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Ends a process that leads a group, and all that it started there. */
export function endGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
