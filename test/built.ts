// Runs once before a lane whose tests start programs: builds the package as `npm run build` makes it. The tests then run what a person installs,
// and each start takes a fifth of the time that the sources take. A build serves until a source changes.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { compileLibrary, compilerFor, LIBRARY, targets } from "../clients/bridge/compile.ts";
import { BUILT_VARIABLE } from "./programs.ts";

const root = fileURLToPath(new URL("../", import.meta.url));
const builds = join(root, "node_modules", ".cache", "postern-built");

/** What the package is made of. */
const SOURCES = ["clients", "daemon", "protocol", "service", "package.json", "package-lock.json"];

/** Milliseconds that a build is kept after its last use. Other runs of tests may be using it. */
const KEPT_MS = 24 * 60 * 60 * 1_000;

export default function setup(): void {
  const built = join(builds, digest());
  if (!existsSync(built)) build(built);
  const now = new Date();
  utimesSync(built, now, now);
  for (const other of readdirSync(builds))
    if (now.getTime() - statSync(join(builds, other)).mtimeMs > KEPT_MS)
      rmSync(join(builds, other), { recursive: true });
  process.env[BUILT_VARIABLE] = built;
}

/** A hash of all sources, their names and contents. */
function digest(): string {
  const hash = createHash("sha256");
  const files = SOURCES.flatMap((name) =>
    statSync(join(root, name)).isFile()
      ? [name]
      : readdirSync(join(root, name), { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile())
          .map((entry) => join(entry.parentPath, entry.name).slice(root.length)),
  );
  for (const file of files.sort())
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(root, file)))
      .update("\0");
  return hash.digest("hex").slice(0, 32);
}

/** The bridge library, for this machine and for others whose compiler is here. */
function bridgeIn(folder: string): void {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
  for (const target of targets) {
    const compiler = compilerFor(target);
    if (compiler !== undefined) compileLibrary(compiler, version, join(folder, "bridge", target.name, LIBRARY));
  }
}

/** Another run may build the same at the same time. The first one to finish gives its folder the name. */
function build(to: string): void {
  mkdirSync(builds, { recursive: true });
  const folder = mkdtempSync(join(builds, "new-"));
  execFileSync(process.execPath, ["--no-warnings", join(root, "clients/cli/build.ts"), folder], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  bridgeIn(folder);
  try {
    renameSync(folder, to);
  } catch (error) {
    if (!existsSync(to)) throw error;
    rmSync(folder, { recursive: true });
  }
}
