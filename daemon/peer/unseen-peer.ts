// The peer behind a page of the app. A browser runs the pages of all websites in its processes, so no process says which page asks. Nothing is claimed about
// one: no rule about executables fits it, and no terminal is its own.
import type { Peer } from "./peer.ts";

/** A peer of which nothing is seen. `isAlive` says whether its session goes on. */
export function unseenPeer(isAlive: () => boolean): Peer {
  return {
    identity: {
      pid: 0,
      ppid: 0,
      uid: process.geteuid?.() ?? 0,
      startTicks: 0,
      image: "0",
      executable: undefined,
      script: undefined,
      runs: undefined,
      loadsOther: true,
      terminal: undefined,
      session: { leader: 0, startTicks: undefined },
      cgroup: "",
      ancestors: [],
    },
    recheck: isAlive,
    hasLeftTerminal: () => false,
    isInFront: () => false,
    release: () => undefined,
  };
}
