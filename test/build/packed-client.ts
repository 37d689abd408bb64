// The client's package as npm packs it, installed as its user does. Each caller builds it in a folder of its own, since tests run beside
// one another.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** Builds and packs the client below `folder`. Returns the path of the tarball. */
export function packClient(folder: string): string {
  const place = mkdtempSync(join(folder, "packed-"));
  const built = join(place, "client");
  execFileSync(process.execPath, ["--no-warnings", "clients/release/client-package.ts", built], { cwd: root });
  execFileSync("npm", ["pack", "--silent", "--ignore-scripts", "--pack-destination", place, built], { cwd: root });
  const tarball = readdirSync(place).find((name) => name.endsWith(".tgz"));
  if (tarball === undefined) throw new Error("npm pack wrote no tarball");
  return join(place, tarball);
}

/** Installs a tarball into a project that has a package.json, without a registry: the client has no dependencies. */
export function installPacked(tarball: string, project: string): void {
  const options = ["--offline", "--ignore-scripts", "--no-audit", "--no-fund", "--engine-strict=false"];
  execFileSync("npm", ["install", "--silent", ...options, tarball], { cwd: project });
}
