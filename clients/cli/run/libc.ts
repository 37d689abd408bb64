// Calls of the C library that Node lacks. Running a program needs them, and so does writing a file that leaves nothing behind. Linux
// only. Each function throws `CallFailed` with the call's name and its errno, and never with a text of the system.
import { createRequire } from "node:module";
import { constants } from "node:os";

type Call = ((...args: unknown[]) => number) & { async(...args: unknown[]): void };
type Koffi = {
  load(path: null): { func(definition: string): Call };
  errno(): number;
  address(bytes: Uint8Array): bigint;
};

/** A call of the C library that failed. `code` is the name of its errno, such as ENOENT. */
export class CallFailed extends Error {
  override readonly name = "CallFailed";
  readonly code: string;
  constructor(call: string, errno: number) {
    const code = errnoName(errno);
    super(`${call} failed (${code})`);
    this.code = code;
  }
}

function errnoName(errno: number): string {
  return Object.entries(constants.errno).find(([, number]) => number === errno)?.[0] ?? `errno ${errno}`;
}

let loaded: Koffi | undefined;
let library: ReturnType<Koffi["load"]> | undefined;
const bound = new Map<string, Call>();

/** Loaded at the first call. Loading makes Node look at stderr, which must be out of reach by then. */
function koffi(): Koffi {
  loaded ??= createRequire(import.meta.url)("koffi") as Koffi;
  return loaded;
}

function func(definition: string): Call {
  library ??= koffi().load(null);
  const known = bound.get(definition) ?? library.func(definition);
  bound.set(definition, known);
  return known;
}

function checked(call: string, result: number): number {
  if (result < 0) throw new CallFailed(call, koffi().errno());
  return result;
}

// Numbers of the Linux ABI, equal on x86-64 and arm64.
const F_GETFD = 1;
const F_SETFD = 2;
const F_GETFL = 3;
const F_SETFL = 4;
const F_SETPIPE_SZ = 1031;
const FD_CLOEXEC = 1;
const RLIMIT_CORE = 4;
const RLIMIT_NOFILE = 7;
const FIONREAD = 0x541b;
const TIOCGWINSZ = 0x5413;
const TIOCSWINSZ = 0x5414;
const TCSANOW = 0;
const TCSAFLUSH = 2;
const P_PID = 1;
const W_EXITED = 4;
const W_STOPPED = 2;
const W_CONTINUED = 8;
const W_NOHANG = 1;
const W_NOWAIT = 0x1000000;
const CLD_EXITED = 1;
const CLD_STOPPED = 5;
const CLD_CONTINUED = 6;
const AF_UNIX = 1;
const SOCK_STREAM_CLOEXEC = 1 | 0o2000000;
const SYS_PIDFD_SEND_SIGNAL = 424;
const SYS_PIDFD_OPEN = 434;
const O_RDWR_NOCTTY = 2 | 0o400;
const O_CLOEXEC = 0o2000000;
/** More than any libc's struct termios (60 bytes), sigset_t (128) and posix_spawnattr_t (336). */
const ROOM = 512;

export const SIGPIPE = constants.signals.SIGPIPE;
export const SIGXFSZ = constants.signals.SIGXFSZ;

/** C strings one after another, and pointers to them with a null at the end. The caller keeps it alive. */
export type Strings = { readonly table: BigUint64Array; readonly bytes: readonly Buffer[] };

/** An array as execve takes it. The texts must hold no zero byte. */
export function strings(texts: readonly Uint8Array[]): Strings {
  const bytes = texts.map((text) => Buffer.concat([text, Buffer.of(0)]));
  const table = new BigUint64Array(bytes.length + 1);
  bytes.forEach((text, index) => {
    table[index] = koffi().address(text);
  });
  return { table, bytes };
}

const text = (path: Uint8Array) => Buffer.concat([path, Buffer.of(0)]);

/** The flags of an open file (O_NONBLOCK among them). All processes that share the file share them. */
export const fileFlags = (fd: number): number => checked("fcntl", func("int fcntl(int, int, ...)")(fd, F_GETFL));
export const setFileFlags = (fd: number, flags: number): void =>
  void checked("fcntl", func("int fcntl(int, int, ...)")(fd, F_SETFL, "int", flags));

/**
 * Lets a pipe hold this many bytes. The system refuses it to a user whose pipes hold much already (pipe(7), pipe-user-pages-soft). The
 * pipe then works as before, only slower.
 */
export function growPipe(fd: number, bytes: number): void {
  func("int fcntl(int, int, ...)")(fd, F_SETPIPE_SZ, "int", bytes);
}

/** Whether the descriptor stays open over an exec. */
export const isKeptOverExec = (fd: number): boolean =>
  (checked("fcntl", func("int fcntl(int, int, ...)")(fd, F_GETFD)) & FD_CLOEXEC) === 0;
export const keepOverExec = (fd: number, keep: boolean): void =>
  void checked("fcntl", func("int fcntl(int, int, ...)")(fd, F_SETFD, "int", keep ? 0 : FD_CLOEXEC));

export const duplicate = (from: number, to: number): void => void checked("dup2", func("int dup2(int, int)")(from, to));

/** A soft and a hard limit. */
export type Limit = { readonly soft: bigint; readonly hard: bigint };

function limit(resource: number): Limit {
  const found = new BigUint64Array(2);
  checked("getrlimit", func("int getrlimit(int, _Out_ uint64_t *)")(resource, found));
  return { soft: found[0] ?? 0n, hard: found[1] ?? 0n };
}

function setLimit(resource: number, { soft, hard }: Limit): void {
  checked("setrlimit", func("int setrlimit(int, uint64_t *)")(resource, new BigUint64Array([soft, hard])));
}

export const coreLimit = (): Limit => limit(RLIMIT_CORE);
export const setCoreLimit = (to: Limit): void => setLimit(RLIMIT_CORE, to);
export const openFilesLimit = (): Limit => limit(RLIMIT_NOFILE);
export const setOpenFilesLimit = (to: Limit): void => setLimit(RLIMIT_NOFILE, to);

/** Sets the effect of a signal on this process where nothing listens: its default, or none. */
export function setDisposition(signal: number, does: "default" | "ignore"): void {
  func("void *signal(int, intptr_t)")(signal, does === "default" ? 0 : 1);
}

const SIG_UNBLOCK = 1;

/** Lets SIGUSR1 through again. Under --disable-sigusr1 Node blocks it, and a program would inherit the block. */
export function unblockUsr1(): void {
  const signals = Buffer.alloc(ROOM);
  func("int sigaddset(_Inout_ uint8_t *, int)")(signals, constants.signals.SIGUSR1);
  const failed = func("int pthread_sigmask(int, uint8_t *, uint8_t *)")(SIG_UNBLOCK, signals, null);
  if (failed !== 0) throw new CallFailed("pthread_sigmask", failed);
}

const LOCK_EX = 2;
const LOCK_NB = 4;
const AT_FDCWD = -100;
const AT_SYMLINK_FOLLOW = 0x400;

/** Locks an open file for as long as it is open here (flock). "held" means that another process has the lock. */
export function lockFile(fd: number): "locked" | "held" | "unsupported" {
  if (func("int flock(int, int)")(fd, LOCK_EX | LOCK_NB) === 0) return "locked";
  return koffi().errno() === constants.errno.EAGAIN ? "held" : "unsupported";
}

/** Gives a name in a folder to an open file without one. EEXIST where the name is taken. */
export function linkOpenFile(fd: number, folder: number, name: string): void {
  const linkat = func("int linkat(int, const char *, int, const char *, int)");
  checked("linkat", linkat(AT_FDCWD, `/proc/self/fd/${fd}`, folder, name, AT_SYMLINK_FOLLOW));
}

/** Replaces this process by another program (execve). Returns only by throwing. */
export function execute(path: Uint8Array, argv: Strings, env: Strings): never {
  func("int execve(const uint8_t *, uint64_t *, uint64_t *)")(text(path), argv.table, env.table);
  throw new CallFailed("execve", koffi().errno());
}

/** Ends the process now. Node's own exit would reset the terminal to its modes from before the program. */
export function exitNow(code: number): never {
  func("void _exit(int)")(code);
  throw new Error("_exit came back");
}

export type SpawnOptions = {
  /** Descriptors of the new process, and the descriptors here that they copy. All others that are close-on-exec are closed. */
  readonly descriptors: readonly (readonly [to: number, from: number])[];
  /** A terminal that the new process opens under this number. It becomes the controlling terminal of a new session. */
  readonly terminal?: { readonly fd: number; readonly path: Uint8Array };
  readonly newSession?: boolean;
  /** Signals that the new process ignores. This process must ignore them too. */
  readonly ignored?: readonly number[];
  /** Gives the new process a group of its own, in the foreground of the terminal under this descriptor. */
  readonly foregroundOn?: number;
};

const SPAWN_SETPGROUP = 0x02;
const SPAWN_SETSIGDEF = 0x04;
const SPAWN_SETSIGMASK = 0x08;
const SPAWN_SETSID = 0x80;

/**
 * Starts a program by its path. In it no signal is blocked, and SIGPIPE and SIGXFSZ have their defaults (Node ignores them) unless
 * they are to be ignored. Throws CallFailed.
 */
export function spawnProgram(path: Uint8Array, argv: Strings, env: Strings, options: SpawnOptions): number {
  const actions = Buffer.alloc(ROOM);
  const attributes = Buffer.alloc(ROOM);
  const defaults = Buffer.alloc(ROOM);
  const pid = new Int32Array(1);
  func("int posix_spawn_file_actions_init(_Inout_ uint8_t *)")(actions);
  func("int posix_spawnattr_init(_Inout_ uint8_t *)")(attributes);
  func("int sigemptyset(_Inout_ uint8_t *)")(defaults);
  const byDefault = [SIGPIPE, SIGXFSZ].filter((signal) => options.ignored?.includes(signal) !== true);
  for (const signal of byDefault) func("int sigaddset(_Inout_ uint8_t *, int)")(defaults, signal);
  func("int posix_spawnattr_setsigdefault(_Inout_ uint8_t *, uint8_t *)")(attributes, defaults);
  func("int posix_spawnattr_setsigmask(_Inout_ uint8_t *, uint8_t *)")(attributes, Buffer.alloc(ROOM));
  const flags =
    SPAWN_SETSIGDEF |
    SPAWN_SETSIGMASK |
    (options.newSession === true ? SPAWN_SETSID : 0) |
    (options.foregroundOn === undefined ? 0 : SPAWN_SETPGROUP);
  func("int posix_spawnattr_setflags(_Inout_ uint8_t *, short)")(attributes, flags);
  // The path must live until the program has started.
  const terminalPath = text(options.terminal?.path ?? Buffer.alloc(0));
  if (options.terminal !== undefined)
    func("int posix_spawn_file_actions_addopen(_Inout_ uint8_t *, int, uint8_t *, int, unsigned int)")(
      actions,
      options.terminal.fd,
      terminalPath,
      2,
      0,
    );
  const add = func("int posix_spawn_file_actions_adddup2(_Inout_ uint8_t *, int, int)");
  for (const [to, from] of options.descriptors) add(actions, from, to);
  if (options.foregroundOn !== undefined)
    func("int posix_spawn_file_actions_addtcsetpgrp_np(_Inout_ uint8_t *, int)")(actions, options.foregroundOn);
  const failed = func("int posix_spawn(_Out_ int *, const uint8_t *, uint8_t *, uint8_t *, uint64_t *, uint64_t *)")(
    pid,
    text(path),
    actions,
    attributes,
    argv.table,
    env.table,
  );
  func("int posix_spawn_file_actions_destroy(_Inout_ uint8_t *)")(actions);
  func("int posix_spawnattr_destroy(_Inout_ uint8_t *)")(attributes);
  if (failed !== 0) throw new CallFailed("posix_spawn", failed);
  return pid[0] ?? 0;
}

/** A change in the state of a child. */
export type Change =
  | { readonly kind: "exited"; readonly code: number }
  | { readonly kind: "killed"; readonly signal: number }
  | { readonly kind: "stopped"; readonly signal: number }
  | { readonly kind: "continued" };

const WAITID = "int waitid(int, int, _Out_ uint8_t *, int)";

/**
 * Waits, off the main thread, until a child ends, stops or continues. An ended child keeps its number until `reap`, so that a signal on
 * its way reaches no other process.
 */
export function waitFor(pid: number): Promise<Change> {
  const info = Buffer.alloc(128);
  const all = W_EXITED | W_STOPPED | W_CONTINUED;
  return new Promise((resolve, reject) => {
    func(WAITID).async(P_PID, pid, info, all | W_NOWAIT, (error: unknown, result: number) => {
      if (error || result < 0) return reject(new CallFailed("waitid", result < 0 ? koffi().errno() : 0));
      const change = changeIn(info);
      // Consumes the stop, or the next wait would return it again.
      if (change.kind === "stopped" || change.kind === "continued")
        func(WAITID)(P_PID, pid, Buffer.alloc(128), W_STOPPED | W_CONTINUED | W_NOHANG);
      resolve(change);
    });
  });
}

function changeIn(info: Buffer): Change {
  const code = info.readInt32LE(8);
  const status = info.readInt32LE(24);
  if (code === CLD_EXITED) return { kind: "exited", code: status };
  if (code === CLD_STOPPED) return { kind: "stopped", signal: status };
  if (code === CLD_CONTINUED) return { kind: "continued" };
  return { kind: "killed", signal: status };
}

/** Releases the number of an ended child. */
export const reap = (pid: number): void => void func(WAITID)(P_PID, pid, Buffer.alloc(128), W_EXITED | W_NOHANG);

/** A descriptor for this process. It stays right when the system reuses the number. */
export function openPidfd(pid: number): number {
  return checked("pidfd_open", func("long syscall(long, ...)")(SYS_PIDFD_OPEN, "int", pid, "int", 0));
}

/** Sends a signal. Does nothing for an ended process. */
export function signalPidfd(pidfd: number, signal: number): void {
  const call = func("long syscall(long, ...)");
  const sent = call(SYS_PIDFD_SEND_SIGNAL, "int", pidfd, "int", signal, "void *", null, "int", 0);
  if (sent < 0 && koffi().errno() !== constants.errno.ESRCH) checked("pidfd_send_signal", sent);
}

/** Two connected sockets, which children do not inherit. */
export function socketPair(): [number, number] {
  const pair = new Int32Array(2);
  checked("socketpair", func("int socketpair(int, int, int, _Out_ int *)")(AF_UNIX, SOCK_STREAM_CLOEXEC, 0, pair));
  return [pair[0] ?? -1, pair[1] ?? -1];
}

/** A pipe, which children do not inherit: its reading end and its writing end. */
export function openPipe(): { readonly read: number; readonly write: number } {
  const pair = new Int32Array(2);
  checked("pipe2", func("int pipe2(_Out_ int *, int)")(pair, O_CLOEXEC));
  return { read: pair[0] ?? -1, write: pair[1] ?? -1 };
}

/** A new pseudo-terminal: this side of it, and the path of the program's side. */
export function openPty(): { readonly master: number; readonly path: Buffer } {
  const master = checked("posix_openpt", func("int posix_openpt(int)")(O_RDWR_NOCTTY | O_CLOEXEC));
  checked("grantpt", func("int grantpt(int)")(master));
  checked("unlockpt", func("int unlockpt(int)")(master));
  return { master, path: ptyPath(master) };
}

/** The path of the program's side of a pseudo-terminal. */
export function ptyPath(master: number): Buffer {
  const path = Buffer.alloc(128);
  const failed = func("int ptsname_r(int, _Out_ uint8_t *, size_t)")(master, path, path.length);
  if (failed !== 0) throw new CallFailed("ptsname_r", failed);
  return path.subarray(0, path.indexOf(0));
}

/** A terminal's modes (struct termios). */
export type Modes = Buffer;

export function modesOf(fd: number): Modes {
  const modes = Buffer.alloc(ROOM);
  checked("tcgetattr", func("int tcgetattr(int, _Out_ uint8_t *)")(fd, modes));
  return modes;
}

export function setModes(fd: number, modes: Modes): void {
  checked("tcsetattr", func("int tcsetattr(int, int, uint8_t *)")(fd, TCSANOW, modes));
}

/** The same, and drops what was typed and not read yet. */
export function setModesAndFlush(fd: number, modes: Modes): void {
  checked("tcsetattr", func("int tcsetattr(int, int, uint8_t *)")(fd, TCSAFLUSH, modes));
}

// Bits of struct termios, equal on x86-64 and arm64.
const INLCR = 0o100;
const IGNCR = 0o200;
const ICRNL = 0o400;
const ONLCR = 4;
const ISIG = 1;
const ICANON = 2;
const ECHO = 0o10;
const ECHONL = 0o100;
const LOCAL_FLAGS = 12;

/** The same modes for typing a line, whatever the program before has left: Enter ends it, Ctrl-C and Ctrl-Z are signals. */
export function lineModes(modes: Modes, echo: "shown" | "hidden"): Modes {
  const line = Buffer.from(modes);
  const set = (at: number, on: number, off: number) =>
    line.writeUInt32LE(((line.readUInt32LE(at) | on) & ~off) >>> 0, at);
  set(0, ICRNL, INLCR | IGNCR);
  set(4, OPOST | ONLCR, 0);
  // The newline is shown all the same, so that the next text begins a line.
  set(LOCAL_FLAGS, ISIG | ICANON | ECHONL | (echo === "shown" ? ECHO : 0), echo === "shown" ? 0 : ECHO);
  return line;
}

/** The same modes with every byte passed on as it is. */
export function rawModes(modes: Modes): Modes {
  const raw = Buffer.from(modes);
  func("void cfmakeraw(_Inout_ uint8_t *)")(raw);
  return raw;
}

const OPOST = 1;
const IXON = 0o2000;

/** Whether Ctrl-S stops the output, and Ctrl-Q starts it again. */
export const hasFlowKeys = (modes: Modes): boolean => (modes.readUInt32LE(0) & IXON) !== 0;

/** The same modes, with output passed on as it is. */
export function plainOutput(modes: Modes): Modes {
  const plain = Buffer.from(modes);
  plain.writeUInt32LE(plain.readUInt32LE(4) & ~OPOST, 4);
  return plain;
}

/** Bytes that wait to be read from a pipe. */
export function waitingBytes(fd: number): number {
  const count = Buffer.alloc(4);
  checked("ioctl", func("int ioctl(int, unsigned long, _Inout_ uint8_t *)")(fd, FIONREAD, count));
  return count.readInt32LE(0);
}

/** Gives one terminal the size of another. */
export function copySize(from: number, to: number): void {
  const size = Buffer.alloc(8);
  const ioctl = func("int ioctl(int, unsigned long, _Inout_ uint8_t *)");
  checked("ioctl", ioctl(from, TIOCGWINSZ, size));
  checked("ioctl", ioctl(to, TIOCSWINSZ, size));
}

/** The foreground process group of a terminal. */
export const foregroundOf = (fd: number): number => checked("tcgetpgrp", func("int tcgetpgrp(int)")(fd));

export const ownGroup = (): number => func("int getpgrp()")();

/** Whether a descriptor can be written within `ms`. Waits off the main thread. */
export function untilWritable(fd: number, ms: number): Promise<boolean> {
  const request = Buffer.alloc(8);
  request.writeInt32LE(fd, 0);
  request.writeInt16LE(4, 4);
  const poll = func("int poll(_Inout_ uint8_t *, unsigned long, int)");
  return new Promise((resolve) => poll.async(request, 1, ms, (_error: unknown, result: number) => resolve(result > 0)));
}
