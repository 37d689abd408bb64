// The process at the other end of a socket, the same on every system: a handle that always means one process, the facts about that
// process, and the check that it is still the same. Each system has one implementation (linux.ts).
import type { Socket } from "node:net";
import type { Unfiled } from "./command-line.ts";
import type { Script } from "./script.ts";
import type { Terminal } from "./terminal.ts";

/** The file that a process runs. Device and inode are decimal strings, since both may pass 2^53. */
export type Executable = {
  readonly path: string;
  readonly device: string;
  readonly inode: string;
  /** The file is not at its path any more: an update replaced it, it was removed, or it never had a path (memfd). */
  readonly deleted: boolean;
  /** At its path the agent finds another file or none: the process is inside a file system of its own. */
  readonly isElsewhere: boolean;
  readonly ownerUid: number;
  /** The time of the file's last change (ctime) in nanoseconds. A user cannot set it. */
  readonly changed: string;
};

/** One process at one moment. */
export type ProcessFacts = {
  readonly pid: number;
  readonly ppid: number;
  /** Effective user id. */
  readonly uid: number;
  /** Clock ticks from boot to its start. */
  readonly startTicks: number;
  /** The process image: another value after each exec. "0" where the kernel hides it. */
  readonly image: string;
  /** Undefined where it is hidden (the process made itself non-dumpable). */
  readonly executable: Executable | undefined;
  /** The script behind an interpreter. It is a claim of the process, unless it is open there (script.ts). */
  readonly script: Script | undefined;
  /** The program of an interpreter that is in no file of its command line. It is a claim of the process. */
  readonly runs: Unfiled | undefined;
  /**
   * Whether its command line or its environment loads code that is not the executable's and not the script's. True where neither can be read.
   * No value of its environment is kept.
   */
  readonly loadsOther: boolean;
  readonly terminal: Terminal | undefined;
  /** The session leader's pid and start. The start is undefined where the leader has ended. */
  readonly session: { readonly leader: number; readonly startTicks: number | undefined };
  /** The path of its control group, or "". */
  readonly cgroup: string;
};

/** A peer as a frozen plain value: the process and, nearest first, the processes above it. */
export type PeerIdentity = ProcessFacts & { readonly ancestors: readonly ProcessFacts[] };

/** A connected peer. */
export type Peer = {
  readonly identity: PeerIdentity;
  /**
   * Whether it is still the process and the program that connected. The kernel is asked at most every RECHECK_MS. Once false, it stays
   * false.
   */
  recheck(): boolean;
  /** Whether it has left the terminal session in which it connected, or that session has ended. Asked with `recheck`; once true, it stays true. */
  hasLeftTerminal(): boolean;
  /** Whether it is in the foreground of its controlling terminal now, so that the keys typed there are its. The kernel is asked each time. */
  isInFront(): boolean;
  /** Releases the handle. Must be called at the end of the connection. */
  release(): void;
};

declare const opaque: unique symbol;

/**
 * A process as the system knows it. It never means another process. Only its system's implementation knows its content. Its holder passes
 * it to `identify`, which takes it over.
 */
export type ProcessHandle = { readonly [opaque]: never };

/** The functions of a system about connecting processes. */
export type PeerSystem = {
  /**
   * The process that connected. Throws PosternError `peerRefused` for another user (root too, unless the agent runs as root), and for a
   * process that cannot be known here.
   */
  handleOf(socket: Socket): ProcessHandle;
  /** The identity of that process. Throws PosternError `peerRefused` where it cannot be known. `monotonicMs` is a clock that nobody sets. */
  identify(handle: ProcessHandle, monotonicMs: () => number): Peer;
  /** Whether the process behind these facts still runs the same program. The kernel is asked each time. */
  isStill(facts: ProcessFacts): boolean;
  /** Whether the peer has closed its socket in both directions. */
  hasHungUp(socket: Socket): boolean;
};
