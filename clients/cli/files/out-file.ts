// Files with secrets: 0600, without a name until they are whole, put in place at once. A link is followed, so that it stays
// one. A pipe, a device and a descriptor of our own (/dev/stdout) are written as they are: a file in their place would leave
// whoever reads them waiting.
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
  /** Whether it is what the command writes its result to. */
  readonly isStdout: boolean;
};

/** The file that is there under a name, links followed; what cannot be looked at is told when it is opened. */
export function fileAt(path: string): Stats | undefined {
  try {
    const found = statSync(path);
    return found.isFile() ? found : undefined;
  } catch {
    return undefined;
  }
}

/** Throws UsageError where a file has this name and must not be replaced: asked before a person or the agent is. */
export function demandRoomFor(path: string, replace: boolean): void {
  const place = naming(path, () => placeOf(path));
  if (!("file" in place) || replace) return;
  const { folder, name } = place.file;
  if (lstatSync(join(folder, name), { throwIfNoEntry: false }) !== undefined) throw taken(path);
}

/**
 * Begins a file at `path`; nothing is there until `done`. Throws UsageError where none can be made, and where there is one
 * already that must not be replaced; `done` looks once more, in the step that gives the name.
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

/** What is there already takes the bytes as they come. Nothing is opened before the first of them. */
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
    // Opening a pipe waits for its reader, and writing for room in it.
    write: (bytes) => naming(path, () => whileBlocked(() => writeAll(descriptor(), bytes))),
    done: close,
    abandon: close,
    isStdout: "descriptor" in place && place.descriptor === STDOUT,
  };
}

/** A pipe or a device, and still that: somebody else may have laid another thing there meanwhile. */
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
