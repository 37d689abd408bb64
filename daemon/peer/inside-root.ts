// Paths of a process that has a root or mounts of its own. A link with an absolute target starts anew at the root of whoever follows it. So the
// links are followed here one by one, from the process's root, and no one of them leads the agent to its own files.
import { readlinkSync } from "node:fs";
import { join } from "node:path";

/** Links on the way to one file, as the kernel has it. */
const LINKS_MAX = 40;

/** A path of the agent as the process names it. Undefined outside the process's root. */
export function insideRoot(path: string, root: string): string | undefined {
  if (root === "/") return path;
  return path.startsWith(`${root}/`) ? path.slice(root.length) : undefined;
}

/** The path without links, as the process names it. `root` is a way to the process's root. Undefined where the links have no end. */
export function realPathInside(root: string, path: string): string | undefined {
  const names = namesOf(path);
  let real = "/";
  for (let links = 0; names.length > 0; ) {
    const name = names.shift() ?? "";
    // Above the root there is the root again.
    if (name === "..") real = join(real, "..");
    if (name === "..") continue;
    const target = targetOf(`${root}${join(real, name)}`);
    if (target === undefined) real = join(real, name);
    else {
      if (++links > LINKS_MAX) return undefined;
      if (target.startsWith("/")) real = "/";
      names.unshift(...namesOf(target));
    }
  }
  return real;
}

const namesOf = (path: string) => path.split("/").filter((name) => name !== "" && name !== ".");

/** Undefined for everything that is no link. A missing file is noticed when it is opened. */
function targetOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch (error) {
    if (typeof (error as NodeJS.ErrnoException).code === "string") return undefined;
    throw error;
  }
}
