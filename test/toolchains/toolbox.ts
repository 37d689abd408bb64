// The tools of other people that the packed client is used with: other Nodes, Bun, Deno, compilers, test runners, bundlers. Their exact
// versions are in tools/package.json, and everything that they bring is in its lockfile. They are installed once, beside the other
// things that tests fetch, and are gone with node_modules.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const wanted = fileURLToPath(new URL("./tools", import.meta.url));
const cache = fileURLToPath(new URL("../../node_modules/.cache/postern-tests", import.meta.url));
const PREFIX = "toolchains-";

/** The folder of the tools. Its name changes with the lockfile. */
const folder = join(cache, PREFIX + hashOf(join(wanted, "package-lock.json")));

/** Where programs find the tools: a folder called node_modules. */
export const toolModules = join(folder, "node_modules");

function hashOf(path: string): string {
  return createHash("sha256").update(readFileSync(path)).digest("hex").slice(0, 16);
}

/** Whether a package of the tools is there. A package for another system is not. */
export function hasTool(name: string): boolean {
  return existsSync(join(toolModules, name));
}

/** Installs the tools, where they are not there yet. The tests skip aloud where npm cannot. */
export function installToolbox(): void {
  if (existsSync(folder)) return;
  mkdirSync(cache, { recursive: true });
  for (const name of readdirSync(cache)) if (name.startsWith(PREFIX)) rmSync(join(cache, name), { recursive: true });
  process.stdout.write("test: installing the tools of test/toolchains\n");
  // A folder under its final name is whole: npm may be stopped in the middle.
  const half = mkdtempSync(join(cache, "half-"));
  cpSync(wanted, half, { recursive: true });
  const options = ["--ignore-scripts", "--no-audit", "--no-fund", "--engine-strict=false", "--prefer-offline"];
  const { status } = spawnSync("npm", ["ci", "--loglevel=error", ...options], { cwd: half, stdio: "inherit" });
  if (status === 0) renameSync(half, folder);
  else rmSync(half, { recursive: true });
}
