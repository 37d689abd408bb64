// Leftovers of a killed command (SIGKILL, a power cut): temporary files, which the next command in that folder removes. The maker of a
// file locks it while it lives, and the kernel drops the lock however it ends. A process id would be no help: it means nothing in another
// container, and another process later.
import { randomBytes } from "node:crypto";
import { closeSync, constants, fstatSync, lstatSync, opendirSync, openSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { lockFile } from "../run/libc.ts";
import type { HeldFolder } from "./out-place.ts";

/** The temporary name of a file of Postern. Other programs do not use such names. */
const PART = /^\.postern-[0-9a-f]{16}\.part$/;

export const newPartName = (): string => `.postern-${randomBytes(8).toString("hex")}.part`;

/** Names that are read in one folder. A shared folder may have any number, and a command should not wait for them. */
export const NAMES_MAX = 100_000;

/** Removes files that this user's dead commands left in the folder. Touches nothing else. A file that cannot be removed stays. */
export function removeLeftovers(folder: HeldFolder): void {
  for (const name of partsIn(folder)) {
    try {
      removeLeftover(join(folder.path, name));
    } catch (error) {
      // It is gone, a link, or cannot be opened. So it is not a leftover of ours, and the command goes on.
      if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    }
  }
}

function partsIn(folder: HeldFolder): string[] {
  const found: string[] = [];
  let opened: ReturnType<typeof opendirSync>;
  try {
    opened = opendirSync(folder.path);
  } catch {
    // Some folders can be written and not read.
    return found;
  }
  for (let looked = 0; looked < NAMES_MAX; looked++) {
    const entry = opened.readSync();
    if (entry === null) break;
    if (PART.test(entry.name)) found.push(entry.name);
  }
  opened.closeSync();
  return found;
}

function removeLeftover(path: string): void {
  const before = lstatSync(path);
  // Opened only if it is a file. Opening a pipe or a device may wait or have an effect.
  if (!isOurs(before)) return;
  const descriptor = openSync(path, constants.O_RDWR | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const found = fstatSync(descriptor);
    const isSame = found.ino === before.ino && found.dev === before.dev;
    if (isSame && isOurs(found) && lockFile(descriptor) === "locked") unlinkSync(path);
  } finally {
    closeSync(descriptor);
  }
}

function isOurs(found: ReturnType<typeof lstatSync> & object): boolean {
  return found.isFile() && found.uid === process.geteuid?.() && found.nlink === 1 && (Number(found.mode) & 0o077) === 0;
}
