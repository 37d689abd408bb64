// Makes a private folder with its missing parents. The command and the service get a copy of this file, since they may not import it.
import { existsSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Makes a folder with its missing parents, one level at a time. Node's recursive mkdir never ends under /proc: there the system
 * refuses a folder by saying that its parent is missing. The mode is that of a private folder, if no other is named.
 */
export function makeFolder(path: string, mode = 0o700): void {
  if (!existsSync(path) && !existsSync(dirname(path))) makeFolder(dirname(path), mode);
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}
