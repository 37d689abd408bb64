// Decides whether a new file may replace an existing one. It may under --force. Otherwise one step gives the name and fails where it is
// taken, so that two commands at once cannot both get it.
import { closeSync, constants, linkSync, openSync, renameSync, rmSync } from "node:fs";
import { UsageError } from "../terminal/exit-code.ts";

/** The options of every command that writes a named file. */
export const forceOption = ["--force", "replace the file if there is one; without it nothing is replaced"] as const;

export type Force = { readonly force?: boolean };

/** The refusal. `path` is the name that the person gave. `init` has no --force and looks for its kit itself before. */
export function taken(path: string): UsageError {
  return new UsageError(
    `${path} exists already, and was left as it is`,
    "name another file, or give --force to replace it",
  );
}

/** Errors of link(2) on file systems without hard links: FAT, and some network file systems. */
const NO_LINKS = ["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"];

/** Gives the finished file at `temporary` the name `place`. Throws EEXIST where the name is taken. */
export function nameNew(temporary: string, place: string): void {
  try {
    linkSync(temporary, place);
    rmSync(temporary, { force: true });
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (!NO_LINKS.includes(code)) throw error;
    claim(place);
    renameSync(temporary, place);
  }
}

/** Takes the name with an empty file, which the finished file then replaces. */
function claim(place: string): void {
  closeSync(openSync(place, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600));
}
