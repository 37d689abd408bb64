// Who is at the other end of a socket, as the rest of the agent sees it on every system: a handle that stays about one process,
// what is known of that process, and whether it is still the same. Each system has one implementation (linux.ts).
import type { Socket } from "node:net";
import type { Script } from "./script.ts";
import type { Terminal } from "./terminal.ts";

/** The file a process runs. Device and inode are decimal strings, since both may pass 2^53. */
export type Executable = {
  readonly path: string;
  readonly device: string;
  readonly inode: string;
  /** The file is no longer at its path: replaced by an update, removed, or never there (memfd). */
  readonly deleted: boolean;
  readonly ownerUid: number;
};

/** One process at one moment. */
export type ProcessFacts = {
  readonly pid: number;
  readonly ppid: number;
  /** Effective user id. */
  readonly uid: number;
  /** Clock ticks from boot to its start. */
  readonly startTicks: number;
  /** The process image: another value after each exec. "0" where the kernel hides it from us. */
  readonly image: string;
  /** Undefined where it is hidden from us (a process that made itself non-dumpable). */
  readonly executable: Executable | undefined;
  /** Behind an interpreter; a claim of the process, see script.ts. */
  readonly script: Script | undefined;
  readonly terminal: Terminal | undefined;
  /** Session leader by pid, and when it started; undefined start where it has ended. */
  readonly session: { readonly leader: number; readonly startTicks: number | undefined };
  /** Path of its control group, "" where there is none. */
  readonly cgroup: string;
};

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
  /** Lets the handle go; to be called when the connection ends. */
  release(): void;
};

declare const opaque: unique symbol;

/**
 * A process as the system holds it: it never comes to mean another one. What is in it is the business of its system alone.
 * Whoever has it gives it to `identify`, which takes it over.
 */
export type ProcessHandle = { readonly [opaque]: never };

/** What a system tells of the processes that connect. */
export type PeerSystem = {
  /**
   * The process that connected. Throws PosternError `peerRefused` where that is another user (root too, unless we are root),
   * or a process that cannot be known here.
   */
  handleOf(socket: Socket): ProcessHandle;
  /** Who that is. Throws PosternError `peerRefused` where it cannot be known. `monotonicMs` is a clock that is never set. */
  identify(handle: ProcessHandle, monotonicMs: () => number): Peer;
  /** Whether the process behind these facts still runs, and still the same program: asked of the kernel each time. */
  isStill(facts: ProcessFacts): boolean;
  /** Whether the peer has closed its socket altogether, not only stopped sending. */
  hasHungUp(socket: Socket): boolean;
};
