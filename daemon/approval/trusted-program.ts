// Programs that the agent may start (pinentry, pkcheck). Only root can have installed them.
import { lstatSync, readlinkSync, realpathSync } from "node:fs";
import { dirname, isAbsolute, normalize, resolve } from "node:path";

/** A program that the agent must not start. The message names the rule and not the path. */
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

/** Every folder of the written path, and of the real path where a folder is a link (/bin). */
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
  // A sticky bit does not help, since others could still put a file of their own there. The mode of a link means nothing.
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
