// Programs that the agent may start (pinentry, pkcheck): only such as nobody but root can have put there.
import { lstatSync, readlinkSync, realpathSync } from "node:fs";
import { dirname, isAbsolute, normalize, resolve } from "node:path";

/** A program the agent must not start. The message names the rule, not the path. */
export class UntrustedProgram extends Error {
  override readonly name = "UntrustedProgram";
}

/** Links to follow from a name to a file: Debian's alternatives use two. */
const LINKS_MAX = 8;

/**
 * The real path of a program, to be started by that path and no other. Throws UntrustedProgram where it is relative,
 * where it, a link on the way or any folder above them is not root's or can be written by others, or where it is no
 * executable file.
 */
export function trustedProgram(path: string): string {
  if (!isAbsolute(path) || normalize(path) !== path)
    throw new UntrustedProgram("a program is given by an absolute path without . or ..");
  let step = path;
  for (let links = 0; links <= LINKS_MAX; links++) {
    checkFolders(dirname(step));
    const found = statOrRefuse(step);
    if (found.uid !== 0) throw new UntrustedProgram("the program does not belong to root");
    if (!found.isSymbolicLink()) return checkProgram(step, found);
    step = resolve(realpathSync(dirname(step)), readlinkSync(step));
  }
  throw new UntrustedProgram("too many links lead to the program");
}

function checkProgram(path: string, found: { mode: number; isFile(): boolean }): string {
  if (!found.isFile()) throw new UntrustedProgram("the program is no file");
  if ((found.mode & 0o022) !== 0) throw new UntrustedProgram("the program can be written by others");
  if ((found.mode & 0o111) === 0) throw new UntrustedProgram("the program is not executable");
  return resolve(realpathSync(dirname(path)), path.slice(path.lastIndexOf("/") + 1));
}

/** Every folder of the path as written and, where a folder is a link (/bin), as it really is. */
function checkFolders(folder: string): void {
  for (const path of [folder, realpathOrRefuse(folder)]) {
    for (let part = path; ; part = dirname(part)) {
      checkFolder(part);
      if (part === "/") break;
    }
  }
}

function checkFolder(path: string): void {
  const found = statOrRefuse(path);
  if (found.uid !== 0) throw new UntrustedProgram("a folder above the program does not belong to root");
  // A sticky bit does not help: others could still lay a file of their own there. A link's mode means nothing.
  if (!found.isSymbolicLink() && (found.mode & 0o022) !== 0)
    throw new UntrustedProgram("a folder above the program can be written by others");
}

function statOrRefuse(path: string) {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) throw new UntrustedProgram("the program is not there");
  return found;
}

function realpathOrRefuse(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    throw new UntrustedProgram("the program is not there", { cause: error });
  }
}
