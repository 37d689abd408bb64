// Makes a private folder with its missing parents. The command and the service get a copy of this file, since they may not import it.
import { existsSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Makes a folder with its missing parents, one level at a time. Node's recursive mkdir never ends under /proc: there the system
 * refuses a folder by saying that its parent is missing.
 */
export function makeFolder(path: string): void {
  if (!existsSync(path) && !existsSync(dirname(path))) makeFolder(dirname(path));
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}
