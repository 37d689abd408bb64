// Programs that the agent may start (pinentry), and files that it may rely on. Only root can have installed them.
import { lstatSync, readlinkSync, realpathSync } from "node:fs";
import { dirname, isAbsolute, normalize, resolve } from "node:path";

/** A program that the agent must not start, or a file that it must not rely on. The message names the rule and not the path. */
export class UntrustedProgram extends Error {
  override readonly name = "UntrustedProgram";
}

/** Links that are followed from a name to a file. Debian's alternatives use two. */
const LINKS_MAX = 8;

/**
 * The real path of a program, which must be started by this path. Throws UntrustedProgram for a relative path, for a file, link or folder on
 * the way that is not root's or that others can write, and for anything that is no executable file.
 */
export function trustedProgram(path: string): string {
  const { real, mode } = trusted(path, "program");
  if ((mode & 0o111) === 0) throw new UntrustedProgram("the program is not executable");
  return real;
}

/** The same for a file that is read: only root can have written it. */
export const trustedFile = (path: string): string => trusted(path, "file").real;

function trusted(path: string, what: "program" | "file"): { real: string; mode: number } {
  if (!isAbsolute(path) || normalize(path) !== path)
    throw new UntrustedProgram(`a ${what} is given by an absolute path without . or ..`);
  let step = path;
  for (let links = 0; links <= LINKS_MAX; links++) {
    checkFolders(dirname(step), what);
    const found = statOrRefuse(step, what);
    if (found.uid !== 0) throw new UntrustedProgram(`the ${what} does not belong to root`);
    if (!found.isSymbolicLink()) return { real: checkFile(step, found, what), mode: found.mode };
    step = resolve(realpathSync(dirname(step)), readlinkSync(step));
  }
  throw new UntrustedProgram(`too many links lead to the ${what}`);
}

function checkFile(path: string, found: { mode: number; isFile(): boolean }, what: string): string {
  if (!found.isFile()) throw new UntrustedProgram(`the ${what} is no file`);
  if ((found.mode & 0o022) !== 0) throw new UntrustedProgram(`the ${what} can be written by others`);
  return resolve(realpathSync(dirname(path)), path.slice(path.lastIndexOf("/") + 1));
}

/** Every folder of the written path, and of the real path where a folder is a link (/bin). */
function checkFolders(folder: string, what: string): void {
  for (const path of [folder, realpathOrRefuse(folder, what)]) {
    for (let part = path; ; part = dirname(part)) {
      checkFolder(part, what);
      if (part === "/") break;
    }
  }
}

function checkFolder(path: string, what: string): void {
  const found = statOrRefuse(path, what);
  if (found.uid !== 0) throw new UntrustedProgram(`a folder above the ${what} does not belong to root`);
  // A sticky bit does not help, since others could still put a file of their own there. The mode of a link means nothing.
  if (!found.isSymbolicLink() && (found.mode & 0o022) !== 0)
    throw new UntrustedProgram(`a folder above the ${what} can be written by others`);
}

function statOrRefuse(path: string, what: string) {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) throw new UntrustedProgram(`the ${what} is not there`);
  return found;
}

function realpathOrRefuse(path: string, what: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    throw new UntrustedProgram(`the ${what} is not there`, { cause: error });
  }
}
