// The versions of the official packages that the tests run. Earlier versions are run on request. Those before 0.4.0 know no desktop
// authorization in any language, so no program with them looks for the bridge.
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Environment } from "./python/environment.ts";

export const officialVersions = {
  javascript: { current: "0.5.0", earlier: ["0.4.1", "0.4.0"] },
  python: { current: "0.4.2", earlier: ["0.4.1", "0.4.0"] },
  go: { current: "0.4.1", earlier: ["0.4.0"] },
} as const;

/** The earlier versions of a language that were asked for: all, or none. */
export const askedFor = (language: keyof typeof officialVersions): readonly string[] =>
  process.env.POSTERN_TEST_EARLIER === "1" ? officialVersions[language].earlier : [];

/** The first version with environments, in each language. */
export const hasEnvironments = (version: string): boolean => version !== "0.4.0";

export type Folder = { readonly path: string; remove(): void };

function temporaryFolder(): Folder {
  const path = mkdtempSync(join(tmpdir(), "postern-earlier-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** A project of npm with a version of the package, and with the programs of JavaScript. */
export function javascriptOf(version: string): Folder {
  const folder = temporaryFolder();
  cpSync(fileURLToPath(new URL("./programs/official", import.meta.url)), folder.path, { recursive: true });
  const words = ["install", "--silent", "--ignore-scripts", "--no-audit", "--no-fund", `@1password/sdk@${version}`];
  execFileSync("npm", words, { cwd: folder.path, stdio: "inherit" });
  return folder;
}

/** A folder with a version of the Python package, which stands before that of the tools. */
export function pythonOf(version: string, { python }: Environment): Folder {
  const folder = temporaryFolder();
  const words = ["install", "--quiet", "--no-deps", "--disable-pip-version-check", "--target", folder.path];
  execFileSync(python, ["-m", "pip", ...words, `onepassword-sdk==${version}`], { stdio: "inherit" });
  return folder;
}
