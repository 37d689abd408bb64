// Loads a package with a binary from beside the agent alone. Node also looks in folders of the user's home and of NODE_PATH for
// what an installation lacks: any process of theirs could put code into the agent there.
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The package as an installation has it: in a node_modules of the folders above this file. Throws where there is none. */
export function requireOwn(name: string): unknown {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    const found = join(folder, "node_modules", name);
    if (existsSync(found)) return createRequire(import.meta.url)(found);
    if (folder === dirname(folder)) throw new Error(`${name} is not installed`);
  }
}
