// Linux: the process at the other end of a socket. Order matters: first a pidfd, which never comes to mean another process,
// then what /proc says, then whether the pidfd's process still lives; only then were the facts about the peer.

import { closeSync } from "node:fs";
import type { Socket } from "node:net";
import { PosternError } from "../../protocol/errors.ts";
import type { Native } from "../host/native.ts";
import type { Peer, PeerIdentity, PeerSystem, ProcessFacts, ProcessHandle } from "./peer.ts";
import { factsOf, isStill, statOf, usersOf } from "./process-facts.ts";

/** What the kernel vouches for about a connection. `pidfd` is ours to close. */
export type Credentials = { readonly uid: number; readonly pid: number; readonly pidfd: number };

/** The peers of Linux. */
export function linuxPeers(native: Native): PeerSystem {
  return {
    handleOf: (socket) => handleOf(credentialsOf(socket, native)),
    identify: (handle, monotonicMs) => identifyPeer(credentialsIn(handle), native, monotonicMs),
    isStill,
    hasHungUp: (socket) => socket.destroyed || native.isHungUp(descriptorOf(socket)),
  };
}

/** Credentials as a handle. */
export const handleOf = (credentials: Credentials) => credentials as unknown as ProcessHandle;
/** What a handle of Linux holds; for this file and its tests. */
export const credentialsIn = (handle: ProcessHandle) => handle as unknown as Credentials;

/** How old an answer of `recheck` may be, in milliseconds: an exec is noticed this late at most. */
export const RECHECK_MS = 100;
/** Processes above a peer that are looked at: deeper trees are made, not grown. */
export const ANCESTORS_MAX = 32;

/**
 * Asks the kernel who is connected. Throws PosternError `peerRefused` where that is another user (root too, unless we
 * are root), a process of a foreign pid namespace, or one that has ended.
 */
function credentialsOf(socket: Socket, native: Native): Credentials {
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
function identifyPeer(credentials: Credentials, native: Native, monotonicMs: () => number): Peer {
  try {
    return watch(readIdentity(credentials, native), credentials.pidfd, native, monotonicMs);
  } catch (error) {
    closeSync(credentials.pidfd);
    throw error;
  }
}

function readIdentity({ pid, uid, pidfd }: Credentials, native: Native): PeerIdentity {
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
