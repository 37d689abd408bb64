// Loads a package with a binary only from beside the agent. For a missing package Node also searches folders of the user's home and of
// NODE_PATH. Any process of the user could put code into the agent there.
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The package in a node_modules of the folders above this file, as installed. Throws where there is none. */
export function requireOwn(name: string): unknown {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    const found = join(folder, "node_modules", name);
    if (existsSync(found)) return createRequire(import.meta.url)(found);
    if (folder === dirname(folder)) throw new Error(`${name} is not installed`);
  }
}
