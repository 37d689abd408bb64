// The process at the other end of a socket. Order matters: first a pidfd, which never comes to mean another process,
// then what /proc says, then whether the pidfd's process still lives; only then were the facts about the peer.
import { closeSync } from "node:fs";
import type { Socket } from "node:net";
import { PosternError } from "../../protocol/errors.ts";
import type { Native } from "../host/native.ts";
import { factsOf, isStill, type ProcessFacts, statOf, usersOf } from "./process-facts.ts";

/** What the kernel vouches for about a connection. `pidfd` is ours to close. */
export type PeerCredentials = { readonly uid: number; readonly pid: number; readonly pidfd: number };

/** A peer as a frozen plain value: the process and, nearest first, the processes above it. */
export type PeerIdentity = ProcessFacts & { readonly ancestors: readonly ProcessFacts[] };

/** A connected peer. */
export type Peer = {
  readonly identity: PeerIdentity;
  /**
   * Whether it is still the process and the program that connected, asked of the kernel at most every RECHECK_MS.
   * Once false it stays false.
   */
  recheck(): boolean;
  /** Closes the pidfd; to be called when the connection ends. */
  release(): void;
};

/** How old an answer of `recheck` may be, in milliseconds: an exec is noticed this late at most. */
export const RECHECK_MS = 100;
/** Processes above a peer that are looked at: deeper trees are made, not grown. */
export const ANCESTORS_MAX = 32;

/**
 * Asks the kernel who is connected. Throws PosternError `peerRefused` where that is another user (root too, unless we
 * are root), a process of a foreign pid namespace, or one that has ended.
 */
export function readCredentials(socket: Socket, native: Native): PeerCredentials {
  const fd = descriptorOf(socket);
  const { pid, uid } = native.peerCredentials(fd);
  if (uid !== process.geteuid?.()) throw new PosternError("peerRefused", "it runs as another user");
  if (pid <= 0) throw new PosternError("peerRefused", "it runs in a foreign pid namespace");
  let pidfd: number;
  try {
    pidfd = native.peerPidfd(fd);
  } catch (error) {
    throw new PosternError("peerRefused", "the process has ended", { cause: error });
  }
  return Object.freeze({ uid, pid, pidfd });
}

/** Whether the peer has closed its socket altogether, not only stopped sending. */
export function hasHungUp(socket: Socket, native: Native): boolean {
  return socket.destroyed || native.isHungUp(descriptorOf(socket));
}

/** `_handle.fd` is undocumented and has been there in every Node this runs on; without it the peer is refused. */
function descriptorOf(socket: Socket): number {
  const fd = (socket as Socket & { _handle?: { fd?: unknown } | null })._handle?.fd;
  if (typeof fd !== "number" || fd < 0) throw new PosternError("peerRefused", "the connection has ended");
  return fd;
}

/**
 * Reads who the peer is. Throws PosternError `peerRefused` where that cannot be known. Takes the pidfd over: it is
 * closed by `release`, or here when this throws. `monotonicMs` is a clock that is never set.
 */
export function identifyPeer(credentials: PeerCredentials, native: Native, monotonicMs: () => number): Peer {
  try {
    return watch(readIdentity(credentials, native), credentials.pidfd, native, monotonicMs);
  } catch (error) {
    closeSync(credentials.pidfd);
    throw error;
  }
}

function readIdentity({ pid, uid, pidfd }: PeerCredentials, native: Native): PeerIdentity {
  const facts = factsOf(pid);
  const users = usersOf(pid);
  const ancestors = facts === undefined ? [] : ancestorsOf(facts);
  // Only now is it certain that all of this was about the process that connected, and not the next with its number.
  if (facts === undefined || users === undefined || native.hasEnded(pidfd))
    throw new PosternError("peerRefused", "the process has ended");
  // A set-user-id program runs for another person than it runs as.
  if (users.real !== uid || users.effective !== uid || users.saved !== uid)
    throw new PosternError("peerRefused", "it changed its user");
  return Object.freeze({ ...facts, ancestors: Object.freeze(ancestors) });
}

function watch(identity: PeerIdentity, pidfd: number, native: Native, monotonicMs: () => number): Peer {
  let isSame = true;
  let askedMs = monotonicMs();
  let released = false;
  return {
    identity,
    recheck: () => {
      if (!isSame || released) return false;
      const nowMs = monotonicMs();
      if (nowMs - askedMs < RECHECK_MS) return true;
      askedMs = nowMs;
      isSame = isStill(identity) && !native.hasEnded(pidfd);
      return isSame;
    },
    release: () => {
      if (released) return;
      released = true;
      closeSync(pidfd);
    },
  };
}

/** The processes above, nearest first, without init (pid 1); it ends where a process went while it was looked at. */
function ancestorsOf(facts: ProcessFacts): ProcessFacts[] {
  const found: ProcessFacts[] = [];
  for (let child = facts; found.length < ANCESTORS_MAX && child.ppid > 1; ) {
    const parent = factsOf(child.ppid);
    // A parent's pid is only reused once it has ended, and then its child has another parent.
    const again = statOf(child.pid);
    if (parent === undefined || again?.ppid !== child.ppid || again.startTicks !== child.startTicks) break;
    found.push(parent);
    child = parent;
  }
  return found;
}
