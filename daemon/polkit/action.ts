// Whether polkit has Postern's action, as it must be. The file decides who is asked, so one that others could have written counts for nothing.
import { lstatSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { trustedFile, UntrustedProgram } from "../approval/trusted-program.ts";
import { ACTION_FILE, ACTION_FOLDER, ownersIn } from "./action-file.ts";

/** Bytes of the file that are read: room for thousands of owners. */
const BYTES_MAX = 64 * 1024;

const INSTALL = "run `postern approver install polkit`";

/** Why polkit cannot ask this user. Undefined where it can, as far as the file says. The words are for a person. */
export function whyNoAction(uid: number | undefined, path = join(ACTION_FOLDER, ACTION_FILE)): string | undefined {
  if (uid === undefined || uid === 0) return "the agent runs as root, whom polkit asks nothing";
  let text: string;
  try {
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found === undefined) return `Postern's action is not installed: ${INSTALL}`;
    const real = trustedFile(path);
    text = found.size > BYTES_MAX ? "" : readFileSync(real, "utf8");
  } catch (error) {
    if (error instanceof UntrustedProgram) return `${path} does not count: ${error.message}`;
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    return `${path} cannot be read (${code})`;
  }
  const owners = ownersIn(text);
  if (owners === undefined) return `${path} is not the file that this version of Postern writes`;
  return owners.includes(uid) ? undefined : `Postern's action is not installed for you: ${INSTALL}`;
}
