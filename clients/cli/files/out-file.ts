// Writes files with secrets. They have mode 0600 and no name until they are whole, and then get their name in one step. A link is
// followed and stays a link. A pipe, a device and an own descriptor (/dev/stdout) are written as they are: their reader would wait for
// ever if a file replaced them.
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  lstatSync,
  openSync,
  type Stats,
  statSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { type BegunFile, beginFile } from "./begun-file.ts";
import { tried, whileBlocked } from "./descriptor.ts";
import { removeLeftovers } from "./leftovers.ts";
import { taken } from "./new-file.ts";
import { demandWritable, type HeldFolder, holdFolder, naming, placeOf } from "./out-place.ts";

/** A file being written. */
export type OutFile = {
  write(bytes: Uint8Array): void;
  done(): void;
  abandon(): void;
  /** Whether it is the command's stdout. */
  readonly isStdout: boolean;
};

/** The existing file of a name, with links followed. A file that cannot be checked is reported when it is opened. */
export function fileAt(path: string): Stats | undefined {
  try {
    const found = statSync(path);
    return found.isFile() ? found : undefined;
  } catch {
    return undefined;
  }
}

/** Throws UsageError where a file of this name exists and must not be replaced. Checked before a person or the agent is asked. */
export function demandRoomFor(path: string, replace: boolean): void {
  const place = naming(path, () => placeOf(path));
  if (!("file" in place) || replace) return;
  const { folder, name } = place.file;
  if (lstatSync(join(folder, name), { throwIfNoEntry: false }) !== undefined) throw taken(path);
}

/**
 * Begins a file at `path`, which has the name only after `done`. Throws UsageError where no file can be made, and where one exists that
 * must not be replaced. `done` checks that again, in the step that gives the name.
 */
export function openOutFile(path: string, replace: boolean): OutFile {
  demandRoomFor(path, replace);
  const place = naming(path, () => placeOf(path));
  return "file" in place ? inFolder(path, place.file, replace) : straight(path, place);
}

function inFolder(
  path: string,
  { folder: folderPath, name }: { folder: string; name: string },
  replace: boolean,
): OutFile {
  const folder = naming(path, () => holdFolder(path, folderPath));
  const file = naming(path, () => begun(folder));
  let isOpen = true;
  const close = (how: () => void) => {
    if (!isOpen) return;
    isOpen = false;
    how();
    folder.close();
  };
  return {
    write: (bytes) => naming(path, () => writeAll(file.descriptor, bytes)),
    done: () => {
      naming(path, () => {
        fsyncSync(file.descriptor);
        giveName(file, name, replace, path);
      });
      close(() => closeSync(file.descriptor));
    },
    abandon: () => close(file.drop),
    isStdout: false,
  };
}

function giveName(file: BegunFile, name: string, replace: boolean, path: string): void {
  try {
    file.place(name, replace);
  } catch (error) {
    const isTaken = !replace && (error as NodeJS.ErrnoException).code === "EEXIST";
    throw isTaken ? taken(path) : error;
  }
}

function begun(folder: HeldFolder): BegunFile {
  try {
    removeLeftovers(folder);
    return beginFile(folder);
  } catch (error) {
    folder.close();
    throw error;
  }
}

const STDOUT = 1;

/** Writes the bytes to an existing pipe or device as they come. It is opened at the first byte. */
function straight(path: string, place: { other: string } | { descriptor: number }): OutFile {
  let opened: number | undefined;
  const descriptor = () => {
    if ("descriptor" in place) return place.descriptor;
    opened ??= openOther(path, place.other);
    return opened;
  };
  const close = () => {
    if (opened !== undefined) closeSync(opened);
    opened = undefined;
  };
  if ("descriptor" in place) naming(path, () => fstatSync(place.descriptor));
  return {
    // Opening a pipe waits for its reader. Writing waits for room in it.
    write: (bytes) => naming(path, () => whileBlocked(() => writeAll(descriptor(), bytes))),
    done: close,
    abandon: close,
    isStdout: "descriptor" in place && place.descriptor === STDOUT,
  };
}

/** Checks that it is still a pipe or a device: another user may have replaced it meanwhile. */
function openOther(path: string, other: string): number {
  const descriptor = openSync(other, constants.O_WRONLY | constants.O_NOCTTY | constants.O_NOFOLLOW);
  try {
    demandWritable(path, fstatSync(descriptor));
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
  return descriptor;
}

function writeAll(descriptor: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += tried(() => writeSync(descriptor, bytes, at));
}
