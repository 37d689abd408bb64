// A program that opens a door as the agent does. It reports each connection on standard output, one JSON value per
// line. It answers every peer with one line after the peer has ended its own side. The tests start it.

import { loadNative } from "../../../daemon/host/native.ts";
import { linuxPeers } from "../../../daemon/peer/linux.ts";
import { listenOnPassed, listenOnPath } from "../../../daemon/peer/listen.ts";
import type { PeerIdentity } from "../../../daemon/peer/peer.ts";

/** A report of the program. */
export type DoorWord =
  | { is: "listening" }
  | { is: "notOurs" }
  | { is: "peer"; identity: PeerIdentity }
  | { is: "refused"; reason: string }
  | { is: "startRefused"; reason: string };

const say = (word: DoorWord) => console.log(JSON.stringify(word));

/** The answer to every accepted peer. */
export const ANSWER = "answered\n";

if (process.argv[1] === import.meta.filename) await open(process.argv[2]);

async function open(path: string | undefined): Promise<void> {
  const native = loadNative();
  const peers = linuxPeers(native);
  const door: Parameters<typeof listenOnPath>[1] = {
    peers,
    native,
    onRefused: (reason) => say({ is: "refused", reason }),
    onSocket: (socket, handle) => {
      const peer = peers.identify(handle, () => performance.now());
      say({ is: "peer", identity: peer.identity });
      socket.on("close", () => peer.release());
      // Answers later, as the real agent does. A socket that is not half open has closed its own side by then.
      socket.on("end", () => setImmediate(() => setImmediate(() => socket.end(ANSWER))));
      socket.resume();
    },
  };
  try {
    const listening = path === undefined ? await listenOnPassed(process.env, door) : await listenOnPath(path, door);
    say({ is: listening === undefined ? "notOurs" : "listening" });
  } catch (error) {
    say({ is: "startRefused", reason: (error as Error).message });
    process.exitCode = 1;
  }
}
