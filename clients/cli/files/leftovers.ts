// What a command that was killed (SIGKILL, a power cut) has left of a file it wrote, and how the next one in that folder takes
// it away. The maker of a file locks it as long as it lives, and the kernel lets go of the lock however it ends: a number of a
// process would mean nothing in another container, and another process later.
import { randomBytes } from "node:crypto";
import { closeSync, constants, fstatSync, lstatSync, opendirSync, openSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { lockFile } from "../run/libc.ts";
import type { HeldFolder } from "./out-place.ts";

/** The name of a file of ours that is not in its place yet. Nobody else has such names. */
const PART = /^\.postern-[0-9a-f]{16}\.part$/;

export const newPartName = (): string => `.postern-${randomBytes(8).toString("hex")}.part`;

/** Names that are looked at in one folder: a shared one may have any number, and a command should not wait for them. */
export const NAMES_MAX = 100_000;

/** Removes what dead commands of this user have left in the folder. Nothing else is touched, and what cannot be removed stays. */
export function removeLeftovers(folder: HeldFolder): void {
  for (const name of partsIn(folder)) {
    try {
      removeLeftover(join(folder.path, name));
    } catch (error) {
      // Gone meanwhile, a link, or not to be opened: then it is none of ours, and no reason not to write.
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
    // A folder may be written to and not read.
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
  // Opened only where it is a file: to open a pipe or a device may wait, or do something.
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
