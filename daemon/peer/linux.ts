// Linux: the process at the other end of a socket. The order matters. First comes a pidfd, which never means another process. Then the
// facts in /proc are read. Then the pidfd's process must still live, which proves that the facts are about the peer.

import { closeSync } from "node:fs";
import type { Socket } from "node:net";
import { PosternError } from "../../protocol/errors.ts";
import type { Native } from "../host/native.ts";
import type { Peer, PeerIdentity, PeerSystem, ProcessFacts, ProcessHandle } from "./peer.ts";
import { factsOf, isAtSameTerminal, isInFront, isStill, statOf, usersOf } from "./process-facts.ts";

/** The kernel's own facts about a connection. This file closes `pidfd`. */
export type Credentials = { readonly uid: number; readonly pid: number; readonly pidfd: number };

/** The peers of Linux. `ours` are the paths of our own programs' scripts. */
export function linuxPeers(native: Native, ours: readonly string[] = []): PeerSystem {
  const readAgain = createRecentFacts();
  return {
    handleOf: (socket) => handleOf(credentialsOf(socket, native)),
    identify: (handle, monotonicMs) => {
      const above: ReadFacts = (pid, isRead) => readAgain(pid, isRead, monotonicMs());
      return identifyPeer(credentialsIn(handle), { native, ours, above }, monotonicMs);
    },
    isStill,
    hasHungUp: (socket) => socket.destroyed || native.isHungUp(descriptorOf(socket)),
  };
}

/** Credentials as a handle. */
export const handleOf = (credentials: Credentials) => credentials as unknown as ProcessHandle;
/** The content of a handle on Linux, for this file and its tests. */
export const credentialsIn = (handle: ProcessHandle) => handle as unknown as Credentials;

/** The greatest age of an answer of `recheck`, in milliseconds. An exec is noticed this late at most. */
export const RECHECK_MS = 100;
/** Processes above a peer that are read. Deeper trees do not occur by themselves. */
export const ANCESTORS_MAX = 32;

/**
 * Asks the kernel for the connected process. Throws PosternError `peerRefused` for another user (root too, unless the agent runs as root),
 * a process of a foreign pid namespace, and a process that has ended.
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

/** `_handle.fd` is undocumented. Every supported Node has it. Without it the peer is refused. */
function descriptorOf(socket: Socket): number {
  const fd = (socket as Socket & { _handle?: { fd?: unknown } | null })._handle?.fd;
  if (typeof fd !== "number" || fd < 0) throw new PosternError("peerRefused", "the connection has ended");
  return fd;
}

/**
 * Reads the peer's identity. Throws PosternError `peerRefused` where it cannot be known. Takes the pidfd over: `release` closes it, or this
 * function when it throws. `monotonicMs` is a clock that nobody sets.
 */
function identifyPeer(credentials: Credentials, parts: Parts, monotonicMs: () => number): Peer {
  try {
    return watch(readIdentity(credentials, parts), credentials.pidfd, parts.native, monotonicMs);
  } catch (error) {
    closeSync(credentials.pidfd);
    throw error;
  }
}

type ReadFacts = (pid: number, isRead: boolean) => ProcessFacts | undefined;

type Parts = { readonly native: Native; readonly ours: readonly string[]; readonly above: ReadFacts };

function readIdentity({ pid, uid, pidfd }: Credentials, { native, ours, above }: Parts): PeerIdentity {
  const facts = factsOf(pid);
  const users = usersOf(pid);
  const ancestors = facts === undefined ? [] : ancestorsOf(facts, ours, above);
  // Only now is it certain that all facts are about the connected process, and not about a later one with its number.
  if (facts === undefined || users === undefined || native.hasEnded(pidfd))
    throw new PosternError("peerRefused", "the process has ended");
  // A set-user-id program runs as another user than the person who started it.
  if (users.real !== uid || users.effective !== uid || users.saved !== uid)
    throw new PosternError("peerRefused", "it changed its user");
  return Object.freeze({ ...facts, ancestors: Object.freeze(ancestors) });
}

/** The identity of any process of this user, which is not connected. Undefined where there is none. It is told, and nothing rests on it. */
export function identityAt(pid: number, ours: readonly string[]): PeerIdentity | "foreign" | undefined {
  const facts = factsOf(pid);
  if (facts === undefined) return undefined;
  if (facts.uid !== process.geteuid?.()) return "foreign";
  return Object.freeze({ ...facts, ancestors: Object.freeze(ancestorsOf(facts, ours, factsOf)) });
}

function watch(identity: PeerIdentity, pidfd: number, native: Native, monotonicMs: () => number): Peer {
  let isSame = true;
  let hasLeft = false;
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
      hasLeft ||= !isAtSameTerminal(identity);
      return isSame;
    },
    hasLeftTerminal: () => hasLeft,
    isInFront: () => !released && isInFront(identity),
    release: () => {
      if (released) return;
      released = true;
      closeSync(pidfd);
    },
  };
}

/** Processes whose facts are kept. A peer has at most as many above it as ANCESTORS_MAX. */
const RECENT_MAX = 256;

/**
 * Reads the facts about processes above peers, each at most once in RECHECK_MS. A program that connects hundreds of times would otherwise make the
 * agent read all those above it again each time, which takes most of a connection. Start, image, session and terminal are compared each time.
 */
function createRecentFacts(): (pid: number, isRead: boolean, nowMs: number) => ProcessFacts | undefined {
  const kept = new Map<number, { facts: ProcessFacts; isRead: boolean; readMs: number }>();
  return (pid, isRead, nowMs) => {
    const found = kept.get(pid);
    if (found !== undefined && (found.isRead || !isRead) && nowMs - found.readMs < RECHECK_MS && isAsRead(found.facts))
      return found.facts;
    const facts = factsOf(pid, isRead);
    if (kept.size >= RECENT_MAX) kept.clear();
    if (facts !== undefined) kept.set(pid, { facts, isRead, readMs: nowMs });
    return facts;
  };
}

function isAsRead({ pid, ppid, startTicks, image, session, terminal }: ProcessFacts): boolean {
  const now = statOf(pid);
  // Where the kernel hides the image, an exec cannot be seen.
  if (now === undefined || now.state === "Z" || now.state === "X" || image === "0") return false;
  const isSameImage = now.startTicks === startTicks && now.stackStart === image && now.ppid === ppid;
  return isSameImage && now.sessionId === session.leader && now.ttyDevice === (terminal?.device ?? 0);
}

/**
 * The processes above, nearest first, without init (pid 1). The list ends at a process that ended meanwhile. A script is read only where it can
 * matter: above none but our own programs there is the holder of a grant. Otherwise a tree of scripts of megabytes would hold the agent at each
 * connection.
 */
function ancestorsOf(facts: ProcessFacts, ours: readonly string[], read: ReadFacts): ProcessFacts[] {
  const found: ProcessFacts[] = [];
  const isOurs = ({ script }: ProcessFacts) => script !== undefined && ours.includes(script.path);
  let isRead = isOurs(facts);
  for (let child = facts; found.length < ANCESTORS_MAX && child.ppid > 1; ) {
    const parent = read(child.ppid, isRead);
    // A parent's pid is reused only after the parent has ended, and then the child has another parent.
    const again = statOf(child.pid);
    if (parent === undefined || again?.ppid !== child.ppid || again.startTicks !== child.startTicks) break;
    found.push(parent);
    isRead &&= isOurs(parent);
    child = parent;
  }
  return found;
}
