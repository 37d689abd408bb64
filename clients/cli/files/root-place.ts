// A file that programs of every user rely on, in a folder of the system: who can change it, and how it is put there whole.
import {
  closeSync,
  constants,
  fchmodSync,
  fsyncSync,
  lstatSync,
  openSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { UsageError } from "../terminal/exit-code.ts";

/** The machine that a command writes to. Tests and packages name another root than `/`. */
export type Place = {
  /** Undefined means the machine itself, which takes root. */
  readonly prefix: string | undefined;
  readonly user: number | undefined;
};

/** Throws UsageError on a system that has no such thing. `what` begins the sentence. */
export function demandLinux(platform: string, what: string, advice: string): void {
  if (platform === "linux") return;
  const name = platform === "darwin" ? "macOS" : platform === "win32" ? "Windows" : platform;
  throw new UsageError(`${what} is not there yet for ${name}`, advice);
}

export const pathOn = ({ prefix }: Place, path: string): string => join(prefix ?? "/", path);

/** The owner that everything on the way must have. */
export const ownerOn = ({ prefix, user }: Place): number => (prefix === undefined ? 0 : (user ?? 0));

/** A folder on the way to `folder`, itself included, that is not safe, with the reason. Whoever can write there can replace the file. */
export function unsafeFolderOn(place: Place, folder: string): string | undefined {
  const owner = ownerOn(place);
  const parts = folder.split("/");
  for (let count = 1; count <= parts.length; count++) {
    // The first part is empty. A slash behind the prefix would follow a link there.
    const path = pathOn(place, parts.slice(0, count).join("/"));
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found === undefined) return undefined;
    if (found.isSymbolicLink()) return `${path} is a link`;
    if (!found.isDirectory()) return `${path} is no folder`;
    if (found.uid !== owner) return `${path} belongs to another user`;
    if ((found.mode & 0o022) !== 0) return `${path} can be written by others`;
  }
  return undefined;
}

/** Writes a file beside its place as `begun`, and moves it there when it is whole. A reader meets the old one or the new one. */
export function putWhole(folder: string, begun: string, name: string, content: Buffer, mode: number): void {
  const path = join(folder, begun);
  const file = openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600);
  try {
    for (let at = 0; at < content.length; ) at += writeSync(file, content, at);
    fchmodSync(file, mode);
    fsyncSync(file);
    renameSync(path, join(folder, name));
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  } finally {
    closeSync(file);
  }
}

/** Runs what writes to a place. Where the system refuses, a person must put that right, so its reason is told. `readOnly` is the advice for EROFS. */
export function writingTo(path: string, readOnly: string, write: () => void): void {
  try {
    write();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new UsageError(
      `${path} cannot be written (${code})`,
      code === "EROFS"
        ? `its file system is read-only: ${readOnly}`
        : "look at the folder, its file system and its free space, and run the command again",
    );
  }
}
