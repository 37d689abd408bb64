// Looks at the script that an interpreter says it runs, since node, python and others are one executable for many programs. The path comes from
// the command line, which is only a claim: a process can rewrite its own. So a script narrows an identity and never widens one.
import { createHash } from "node:crypto";
import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  statSync,
} from "node:fs";
import { isAbsolute, join, normalize } from "node:path";
import { insideRoot, realPathInside } from "./inside-root.ts";

/** The script behind an interpreter. */
export type Script = {
  /** Its real path, with links followed. The path in the command line where the file could not be opened. */
  readonly path: string;
  /** SHA-256 of its content in hex. Undefined where it is no ordinary file, too large, or unreadable. */
  readonly sha256: string | undefined;
  /** The owner of the file. Undefined where the hash is. */
  readonly ownerUid: number | undefined;
  /** The last change of the file, as it was when its content had been read: milliseconds since the Unix epoch. Missing where the hash is. */
  readonly changedMs?: number;
  /** Whether the interpreter has this very file open to run it, and loads no other code. Otherwise the script is only a claim. */
  readonly isOpen: boolean;
  /** Whether the process has a root or mounts of its own, and its path does not lead the agent to the same file. */
  readonly isElsewhere: boolean;
};

/** Bytes of the largest script that is hashed at a connection. Our own bundles are smaller. Hashing takes a few milliseconds. */
export const SCRIPT_BYTES_MAX = 4 * 1024 * 1024;

/** The place where a process looks for its files. */
export type Place = {
  /** Its working folder, for a relative path. */
  readonly folder: string | undefined;
  /** Its process id. */
  readonly pid: number;
  /** Its root as the agent sees it. Undefined where root and mounts are the agent's own. */
  readonly ownRoot?: string;
  /** Whether its interpreter keeps a script open while it runs, and loads no other code. */
  readonly keepsOpen: boolean;
  /** Its content is not read. Only its path is told then. */
  readonly isUnread?: boolean;
};

/** Reads and hashes a script. */
export function readScript(argument: string, place: Place): Script | undefined {
  if (!isAbsolute(argument) && place.folder === undefined) return undefined;
  // Not joined: a folder above a link is another one than the words say.
  const path = isAbsolute(argument) ? argument : `${place.folder}/${argument}`;
  const unread = { path: normalize(path), sha256: undefined, ownerUid: undefined, isOpen: false };
  const isElsewhere = place.ownRoot !== undefined;
  return (isElsewhere ? readInside(path, argument, place) : hashFile(path, place)) ?? { ...unread, isElsewhere };
}

/** A script of a process with a root or mounts of its own. Undefined where the agent does not find the same file at the same place. */
function readInside(path: string, argument: string, { ownRoot = "/", ...place }: Place): Script | undefined {
  const root = `/proc/${place.pid}/root`;
  const within = isAbsolute(argument) ? path : insideRoot(path, ownRoot);
  const real = within === undefined ? undefined : realPathInside(root, within);
  return real === undefined ? undefined : hashFile(root + real, place, join(ownRoot, real));
}

/**
 * The peer chose this path, so opening it must have no effect. O_PATH opens no device and waits for no pipe. A file that the agent has open
 * already is not opened again: closing it would drop SQLite's locks on it for the whole process (fcntl(2)), such as the instance lock and
 * the store's.
 */
function hashFile(path: string, place: Place, ours = path): Script | undefined {
  // These names mean the agent's own descriptors, and not the peer's.
  if (/^\/(dev|proc)\//.test(ours)) return undefined;
  return withFile(path, O_PATH, (handle) => {
    const found = fstatSync(handle, { bigint: true });
    if (ours !== path && !isSameFile(ours, found)) return undefined;
    const real = readlinkSync(`/proc/self/fd/${handle}`);
    const seen = { path: real, sha256: undefined, ownerUid: undefined, isOpen: false, isElsewhere: false };
    if (!found.isFile()) return seen;
    if (place.isUnread === true) return { ...seen, isOpen: place.keepsOpen && keepsOpen(place.pid, real, found) };
    if (found.size > SCRIPT_BYTES_MAX || isOpenHere(found, handle)) return seen;
    // Opened through the handle, so that it is the checked file, whatever the path means by now.
    const hashed = withFile(`/proc/self/fd/${handle}`, constants.O_RDONLY | constants.O_NONBLOCK, (file) => ({
      ...seen,
      sha256: createHash("sha256")
        .update(readWhole(file, Number(found.size)))
        .digest("hex"),
      ownerUid: Number(found.uid),
      // Asked after the content was read, so that a change in between is seen.
      changedMs: Number(fstatSync(file, { bigint: true }).ctimeMs),
      isOpen: place.keepsOpen && keepsOpen(place.pid, real, found),
    }));
    return hashed ?? seen;
  });
}

/** Where shells and Java keep their script: bash at 255, the others at the lowest free number from 3 or 10 on. */
const KEPT_DESCRIPTORS = [255, ...Array.from({ length: 30 }, (_none, at) => at + 3)];

/** Whether a process has the file open. Links are compared first, which opens nothing and waits for no file system. */
function keepsOpen(pid: number, path: string, found: BigIntStats): boolean {
  return KEPT_DESCRIPTORS.some((descriptor) => {
    const link = `/proc/${pid}/fd/${descriptor}`;
    try {
      return readlinkSync(link) === path && isSameFile(link, found);
    } catch (error) {
      if (typeof (error as NodeJS.ErrnoException).code === "string") return false;
      throw error;
    }
  });
}

/** Whether a path leads the agent to this very file. */
export function isSameFile(path: string, file: Pick<BigIntStats, "dev" | "ino">): boolean {
  try {
    const there = statSync(path, { bigint: true });
    return there.dev === file.dev && there.ino === file.ino;
  } catch (error) {
    // Whatever stands in the way, nothing was seen.
    if (typeof (error as NodeJS.ErrnoException).code === "string") return false;
    throw error;
  }
}

/** Of the Linux ABI, the same on x86-64 and arm64. Node has no name for it. */
const O_PATH = 0o10000000;

function isOpenHere(found: BigIntStats, except: number): boolean {
  return readdirSync("/proc/self/fd").some((name) => {
    if (Number(name) === except) return false;
    try {
      // Whole numbers of 64 bits cost several times as much, and a busy agent has a thousand descriptors. Nearly all differ without them.
      if (fstatSync(Number(name)).ino !== Number(found.ino)) return false;
      const open = fstatSync(Number(name), { bigint: true });
      return open.ino === found.ino && open.dev === found.dev;
    } catch (error) {
      // The descriptor of this listing itself is closed by now.
      if ((error as NodeJS.ErrnoException).code === "EBADF") return false;
      throw error;
    }
  });
}

/** Undefined where the file cannot be opened or read. Then only the path of the script is known. */
function withFile<T>(path: string, flags: number, use: (file: number) => T | undefined): T | undefined {
  let file: number | undefined;
  try {
    file = openSync(path, flags);
    return use(file);
  } catch (error) {
    if (typeof (error as NodeJS.ErrnoException).code === "string") return undefined;
    throw error;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function readWhole(file: number, size: number): Buffer {
  const bytes = Buffer.alloc(size);
  let filled = 0;
  while (filled < size) {
    const read = readSync(file, bytes, filled, size - filled, filled);
    if (read === 0) break;
    filled += read;
  }
  return bytes.subarray(0, filled);
}
