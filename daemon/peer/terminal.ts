// Finds the name of a terminal by its device number, which /proc gives.
import { statSync } from "node:fs";

/** A controlling terminal. It has a `name` where a file in /dev is that device and belongs to the given user. */
export type Terminal = { readonly device: number; readonly name: string | undefined };

/** The terminal of a tty_nr of /proc/PID/stat. Undefined for 0. */
export function terminalOf(device: number, uid: number): Terminal | undefined {
  if (device === 0) return undefined;
  const path = terminalPath(device);
  return { device, name: path !== undefined && isDevice(path, device, uid) ? path : undefined };
}

/**
 * Whether a process sees the same device at a terminal's name as the agent does. A container has terminals of its own, with the numbers of other
 * ones here. False where that cannot be seen.
 */
export function isSameTerminalHere(pid: number, name: string): boolean {
  try {
    const [theirs, ours] = [statSync(`/proc/${pid}/root${name}`), statSync(name)];
    return theirs.dev === ours.dev && theirs.ino === ours.ino && theirs.rdev === ours.rdev;
  } catch (error) {
    if (typeof (error as NodeJS.ErrnoException).code === "string") return false;
    throw error;
  }
}

/** The path that udev and devpts give the device. Undefined for an unknown kind. */
export function terminalPath(device: number): string | undefined {
  const major = (device >> 8) & 0xfff;
  const minor = (device & 0xff) | ((device >> 12) & 0xfff00);
  if (major >= 136 && major <= 143) return `/dev/pts/${minor + (major - 136) * 256}`;
  if (major === 4) return minor < 64 ? `/dev/tty${minor}` : `/dev/ttyS${minor - 64}`;
  return undefined;
}

function isDevice(path: string, device: number, uid: number): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  return found?.isCharacterDevice() === true && found.uid === uid && found.rdev === device >>> 0;
}
