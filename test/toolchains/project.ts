// A project of somebody who uses the client: an empty folder with the packed client installed, and the tools one folder further up, so
// that a program finds them and never finds the repository.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { inject } from "vitest";
import { installPacked } from "../build/packed-client.ts";
import { toolModules } from "./toolbox.ts";

const programs = fileURLToPath(new URL("./programs", import.meta.url));

export type Ran = { readonly code: number | null; readonly out: string; readonly err: string };

export type Project = {
  readonly folder: string;
  read(path: string): string;
  write(path: string, text: string): void;
  /** Runs a program in the project, with the variables and no others of the test's own. */
  run(words: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ran>;
  remove(): void;
};

/** Makes a project with the programs of this folder in it. */
export function makeProject(manifest: object = {}): Project {
  const outer = mkdtempSync(join(tmpdir(), "postern-project-"));
  const folder = join(outer, "project");
  symlinkSync(toolModules, join(outer, "node_modules"));
  cpSync(programs, folder, { recursive: true });
  const project: Project = {
    folder,
    read: (path) => readFileSync(join(folder, path), "utf8"),
    write: (path, text) => {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    },
    run: (words, env = {}) => run(folder, words, env),
    remove: () => rmSync(outer, { recursive: true, force: true }),
  };
  project.write("package.json", JSON.stringify({ name: "project", version: "1.0.0", private: true, ...manifest }));
  installPacked(inject("tarball"), folder);
  return project;
}

async function run(folder: string, words: readonly string[], env: Readonly<Record<string, string>>): Promise<Ran> {
  const [program = "", ...rest] = words;
  const own = { PATH: `${dirname(process.execPath)}:/usr/bin:/bin`, HOME: folder, LANG: "C.UTF-8", CI: "true" };
  const child = spawn(program, rest, { cwd: folder, env: { ...own, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  let out = "";
  let err = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    err += text;
  });
  const [code] = (await once(child, "close")) as [number | null];
  return { code, out, err };
}
