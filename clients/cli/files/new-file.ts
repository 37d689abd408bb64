// Whether a file that a command writes may take the place of one that is there. It may where the person says so with
// --force; else the name is given in one step that fails where it is taken, so that two commands at once cannot both have it.
import { closeSync, constants, linkSync, openSync, renameSync, rmSync } from "node:fs";
import { UsageError } from "../terminal/exit-code.ts";

/** What every command that writes a named file takes. */
export const forceOption = ["--force", "replace the file if there is one; without it nothing is replaced"] as const;

export type Force = { readonly force?: boolean };

/** The refusal; `path` is the name as it was given. `init`, which has no --force, looks for its kit itself before. */
export function taken(path: string): UsageError {
  return new UsageError(
    `${path} exists already, and was left as it is`,
    "name another file, or give --force to replace it",
  );
}

/** What link(2) says where the file system has no links: FAT, and some that are mounted from elsewhere. */
const NO_LINKS = ["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"];

/** Gives the finished file at `temporary` the name `place`. Throws EEXIST where something has it. */
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

/** Takes the name with an empty file of our own, which the finished one then replaces. */
function claim(place: string): void {
  closeSync(openSync(place, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600));
}
