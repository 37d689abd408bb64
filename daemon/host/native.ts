// The few calls of the C library that Node lacks: the process at the other end of a socket, whether that process still lives, and the
// agent's own protection. No other file of the agent calls C. The numbers are those of Linux.
import { closeSync } from "node:fs";
import type { AddressRange } from "./file-pages.ts";
import { requireOwn } from "./own-package.ts";
import { StartRefused } from "./start-refused.ts";

/** The answer of SO_PEERCRED: the process that called connect(), as the kernel recorded it then. */
export type SocketCredentials = { readonly pid: number; readonly uid: number; readonly gid: number };

/** Bindings that have passed their self-check. Functions throw an Error that names the call and its errno. */
export type Native = {
  /** Credentials of the peer of a connected Unix socket. `pid` is 0 where the peer lives in a foreign pid namespace. */
  peerCredentials(fd: number): SocketCredentials;
  /** A new descriptor (close-on-exec) for the connected process. It never means another process. Linux 6.5. */
  peerPidfd(fd: number): number;
  /** Whether the process behind a pidfd has ended. A zombie has. */
  hasEnded(pidfd: number): boolean;
  /** Whether the other end of a connected Unix socket is closed in both directions (POLLHUP). False where it only stopped sending. */
  isHungUp(fd: number): boolean;
  /** The path of a Unix socket. Undefined where it has none (abstract, unnamed, or no Unix socket). */
  boundPath(fd: number): string | undefined;
  /** Whether the descriptor is a Unix stream socket that listens. */
  isListening(fd: number): boolean;
  /** Two connected Unix stream sockets (close-on-exec, non-blocking). The caller closes both. */
  socketPair(): readonly [number, number];
  /** Keeps a descriptor from child processes. */
  closeOnExec(fd: number): void;
  /** PR_SET_DUMPABLE 0: no core file, no ptrace, no /proc/PID/mem or environ for processes of the same user. */
  forbidDumping(): void;
  isDumpable(): boolean;
  /** RLIMIT_CORE 0, soft and hard. */
  forbidCoreFiles(): void;
  /** The hard limit of core files in bytes. */
  coreFileLimit(): bigint;
  /** CLOCK_BOOTTIME in milliseconds: counts through suspend. */
  bootMs(): number;
  /** From now on the C library overwrites what is freed, but for the smallest pieces. Does nothing where it is not glibc. */
  overwriteFreed(): void;
  /** Overwrites the smallest freed pieces that glibc keeps for this thread. */
  overwriteKept(): void;
  /** The modes of a terminal (tcgetattr), to be set again as they are. Throws where it has been hung up. */
  terminalModes(fd: number): Uint8Array;
  /** Sets modes of a terminal, and drops what was typed and not read. */
  setTerminalModes(fd: number, modes: Uint8Array): void;
  /** Drops what was typed at a terminal and not read. */
  dropTyped(fd: number): void;
  /** Gives freed memory of the C library back to the system. Does nothing where the library cannot (musl keeps none). */
  trimHeap(): void;
  /** Takes pages of files out of this process. Each is read again when it is needed. A page that was written to would be lost. */
  forgetPages(range: AddressRange): void;
};

// Numbers of the Linux ABI, equal on x86-64 and arm64.
const ENOPROTOOPT = 92;
const SOL_SOCKET = 1;
const SO_TYPE = 3;
const SO_PEERCRED = 17;
const SO_ACCEPTCONN = 30;
const SO_DOMAIN = 39;
const SO_PEERPIDFD = 77;
const AF_UNIX = 1;
const SOCK_STREAM = 1;
const SOCK_CLOEXEC = 0o2000000;
const SOCK_NONBLOCK = 0o4000;
const EINTR = 4;
const POLLIN = 1;
const POLLHUP = 0x10;
const POLLNVAL = 0x20;
const F_SETFD = 2;
const FD_CLOEXEC = 1;
const PR_GET_DUMPABLE = 3;
const PR_SET_DUMPABLE = 4;
const RLIMIT_CORE = 4;
const CLOCK_BOOTTIME = 7;
const MADV_DONTNEED = 4;
const TCSAFLUSH = 2;
const TCIFLUSH = 0;
/** More than any libc's struct termios (60 bytes). */
const TERMIOS_ROOM = 128;
const M_PERTURB = -6;
/** What freed bytes are overwritten with. New ones get its complement, which is zeros. */
const FREED_BYTE = 0xff;
/**
 * glibc keeps freed pieces of each of these sizes for the thread that freed them, seven of a size, and does not overwrite them (tcache). Twice as many
 * are taken.
 */
const KEPT_LEAST = 24;
const KEPT_MOST = 1032;
const KEPT_STEP = 16;
const KEPT_PIECES = 14;
/** sizeof(struct sockaddr_un). */
const SOCKADDR_UN_BYTES = 110;

type Call = (...args: unknown[]) => number;
type Koffi = { load(path: null): { func(definition: string): Call }; errno(): number };

/** Loads the bindings and checks them against facts that Node knows. Throws StartRefused where they cannot be trusted. */
export function loadNative(): Native {
  const koffi = loadKoffi();
  const library = koffi.load(null);
  const getpid = library.func("int getpid()");
  // A binding of a wrong shape may answer without an error. This call has a known answer.
  if (getpid() !== process.pid) throw new StartRefused("the native bindings give wrong answers", "reinstall Postern");
  const func = (definition: string) => library.func(definition);
  if (!knowsPeerPidfd(func, koffi))
    throw new StartRefused(
      "this kernel cannot name the process behind a socket for good (SO_PEERPIDFD)",
      "use Linux 6.5 or newer",
    );
  return createNative(func, koffi);
}

/** Whether the kernel knows the option. Without a peer it then answers ENODATA. */
function knowsPeerPidfd(func: (definition: string) => Call, koffi: Koffi): boolean {
  const fd = func("int socket(int, int, int)")(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const getsockopt = func("int getsockopt(int, int, int, _Out_ uint8_t *, _Inout_ uint32_t *)");
  const isKnown =
    getsockopt(fd, SOL_SOCKET, SO_PEERPIDFD, Buffer.alloc(4), new Uint32Array([4])) === 0 ||
    koffi.errno() !== ENOPROTOOPT;
  closeSync(fd);
  return isKnown;
}

/**
 * Takes the binary from where the package has it. The package itself first reads Node's own file to learn the C library, and offers functions that nobody
 * uses; that took 5 ms of the start. It is asked where the binary is not there or does not fit (musl).
 */
function loadKoffi(): Koffi {
  try {
    return requireOwn(`@koromix/koffi-linux-${process.arch}/linux_${process.arch}/koffi.node`) as Koffi;
  } catch {
    return loadKoffiPackage();
  }
}

function loadKoffiPackage(): Koffi {
  try {
    return requireOwn("koffi") as Koffi;
  } catch (error) {
    throw new StartRefused(
      "the native library (koffi) could not be loaded, so peers could not be verified",
      "reinstall Postern for this platform",
      error,
    );
  }
}

function createNative(func: (definition: string) => Call, koffi: Koffi): Native {
  const getsockopt = func("int getsockopt(int, int, int, _Out_ uint8_t *, _Inout_ uint32_t *)");
  const getsockname = func("int getsockname(int, _Out_ uint8_t *, _Inout_ uint32_t *)");
  const poll = func("int poll(_Inout_ uint8_t *, unsigned long, int)");
  const socketpair = func("int socketpair(int, int, int, _Out_ int32_t *)");
  const fcntl = func("int fcntl(int, int, ...)");
  const prctl = func("int prctl(int, unsigned long, unsigned long, unsigned long, unsigned long)");
  const setrlimit = func("int setrlimit(int, uint64_t *)");
  const getrlimit = func("int getrlimit(int, _Out_ uint64_t *)");
  const clockGettime = func("int clock_gettime(int, _Out_ int64_t *)");
  const time = new BigInt64Array(2);

  const checked = (name: string, result: number): number => {
    if (result < 0) throw new Error(`${name} failed with errno ${koffi.errno()}`);
    return result;
  };
  const option = (fd: number, name: number, bytes: number): Buffer => {
    const value = Buffer.alloc(bytes);
    const length = new Uint32Array([bytes]);
    checked("getsockopt", getsockopt(fd, SOL_SOCKET, name, value, length));
    if (length[0] !== bytes) throw new Error("getsockopt answered with another length");
    return value;
  };
  const number = (fd: number, name: number): number => option(fd, name, 4).readInt32LE(0);

  /** The answer of poll(2) for a descriptor at this moment. */
  const polled = (fd: number, events: number): number => {
    const request = Buffer.alloc(8);
    request.writeInt32LE(fd, 0);
    request.writeInt16LE(events, 4);
    // A signal may end the call before it has looked (EINTR). That says nothing about the descriptor.
    let answer = poll(request, 1, 0);
    while (answer < 0 && koffi.errno() === EINTR) answer = poll(request, 1, 0);
    checked("poll", answer);
    const happened = request.readInt16LE(6);
    if ((happened & POLLNVAL) !== 0) throw new Error("poll was given a closed descriptor");
    return happened;
  };

  return {
    peerCredentials: (fd) => {
      const value = option(fd, SO_PEERCRED, 12);
      return { pid: value.readInt32LE(0), uid: value.readUInt32LE(4), gid: value.readUInt32LE(8) };
    },
    peerPidfd: (fd) => number(fd, SO_PEERPIDFD),
    hasEnded: (pidfd) => polled(pidfd, POLLIN) !== 0,
    isHungUp: (fd) => (polled(fd, 0) & POLLHUP) !== 0,
    boundPath: (fd) => {
      const address = Buffer.alloc(SOCKADDR_UN_BYTES);
      const length = new Uint32Array([SOCKADDR_UN_BYTES]);
      checked("getsockname", getsockname(fd, address, length));
      if (address.readUInt16LE(0) !== AF_UNIX || (length[0] ?? 0) <= 2 || address[2] === 0) return undefined;
      const end = address.indexOf(0, 2);
      return address.toString("utf8", 2, end === -1 ? SOCKADDR_UN_BYTES : end);
    },
    isListening: (fd) =>
      number(fd, SO_DOMAIN) === AF_UNIX && number(fd, SO_TYPE) === SOCK_STREAM && number(fd, SO_ACCEPTCONN) === 1,
    socketPair: () => {
      const pair = new Int32Array(2);
      checked("socketpair", socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair));
      const [one = -1, other = -1] = pair;
      return [one, other];
    },
    closeOnExec: (fd) => void checked("fcntl", fcntl(fd, F_SETFD, "int", FD_CLOEXEC)),
    forbidDumping: () => void checked("prctl", prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)),
    isDumpable: () => checked("prctl", prctl(PR_GET_DUMPABLE, 0, 0, 0, 0)) !== 0,
    forbidCoreFiles: () => void checked("setrlimit", setrlimit(RLIMIT_CORE, new BigUint64Array([0n, 0n]))),
    bootMs: () => {
      checked("clock_gettime", clockGettime(CLOCK_BOOTTIME, time));
      return Number(time[0]) * 1000 + Number(time[1]) / 1e6;
    },
    ...terminalCalls(func, checked),
    ...memoryCalls(func, checked),
    coreFileLimit: () => {
      const limit = new BigUint64Array(2);
      checked("getrlimit", getrlimit(RLIMIT_CORE, limit));
      return limit[1] ?? 0n;
    },
  };
}

/**
 * What is freed keeps its content until it is used again. Node's write buffers and V8's own work are freed so, and no code of ours can wipe them.
 * mallopt(3), malloc_trim(3), madvise(2).
 */
function memoryCalls(
  func: (definition: string) => Call,
  checked: Checked,
): Pick<Native, "overwriteFreed" | "overwriteKept" | "trimHeap" | "forgetPages"> {
  const mallopt = optional(func, "int mallopt(int, int)");
  const trim = optional(func, "int malloc_trim(size_t)");
  const madvise = func("int madvise(uintptr_t, size_t, int)");
  // Bound at the first lock, and once: a binding is never freed.
  let overwriteKept: (() => void) | undefined;
  return {
    overwriteFreed: () => void mallopt?.(M_PERTURB, FREED_BYTE),
    overwriteKept: () => {
      overwriteKept ??= bindOverwriteKept(func);
      overwriteKept();
    },
    trimHeap: () => void trim?.(0),
    forgetPages: ({ start, bytes }) => void checked("madvise", madvise(start, bytes, MADV_DONTNEED)),
  };
}

function bindOverwriteKept(func: (definition: string) => Call): () => void {
  const malloc = func("void *malloc(size_t)");
  const memset = func("void *memset(void *, int, size_t)");
  const free = func("void free(void *)");
  return () => {
    for (let size = KEPT_LEAST; size <= KEPT_MOST; size += KEPT_STEP) {
      const pieces = Array.from({ length: KEPT_PIECES }, () => malloc(size));
      for (const piece of pieces) memset(piece, 0, size);
      for (const piece of pieces) free(piece);
    }
  };
}

/** Undefined where the C library lacks the function. */
function optional(func: (definition: string) => Call, definition: string): Call | undefined {
  try {
    return func(definition);
  } catch {
    return undefined;
  }
}

type Checked = (name: string, result: number) => number;

function terminalCalls(
  func: (definition: string) => Call,
  checked: Checked,
): Pick<Native, "terminalModes" | "setTerminalModes" | "dropTyped"> {
  const tcgetattr = func("int tcgetattr(int, _Out_ uint8_t *)");
  const tcsetattr = func("int tcsetattr(int, int, uint8_t *)");
  const tcflush = func("int tcflush(int, int)");
  return {
    terminalModes: (fd) => {
      const modes = new Uint8Array(TERMIOS_ROOM);
      checked("tcgetattr", tcgetattr(fd, modes));
      return modes;
    },
    setTerminalModes: (fd, modes) => void checked("tcsetattr", tcsetattr(fd, TCSAFLUSH, modes)),
    dropTyped: (fd) => void checked("tcflush", tcflush(fd, TCIFLUSH)),
  };
}
