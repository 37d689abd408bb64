// A program of its own that opens a door as the agent does, tells on standard output what came through it, one JSON
// value per line, and answers every peer with one line once the peer has ended its side. Started by the tests.

import { loadNative } from "../../../daemon/host/native.ts";
import { listenOnPassed, listenOnPath } from "../../../daemon/peer/listen.ts";
import { identifyPeer, type PeerIdentity } from "../../../daemon/peer/peer.ts";

/** What the program says. */
export type DoorWord =
  | { is: "listening" }
  | { is: "notOurs" }
  | { is: "peer"; identity: PeerIdentity }
  | { is: "refused"; reason: string }
  | { is: "startRefused"; reason: string };

const say = (word: DoorWord) => console.log(JSON.stringify(word));

/** Answered to every peer that got in. */
export const ANSWER = "answered\n";

if (process.argv[1] === import.meta.filename) await open(process.argv[2]);

async function open(path: string | undefined): Promise<void> {
  const native = loadNative();
  const door: Parameters<typeof listenOnPath>[1] = {
    native,
    onRefused: (reason) => say({ is: "refused", reason }),
    onSocket: (socket, credentials) => {
      const peer = identifyPeer(credentials, native, () => performance.now());
      say({ is: "peer", identity: peer.identity });
      socket.on("close", () => peer.release());
      // Later, as a real answer: a socket that is not half open has closed its own side by then.
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
