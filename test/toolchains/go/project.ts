// A module of somebody who uses the Go client: an empty folder, into which Go installs the module that `npm run build:go` wrote. Modules
// are kept in a folder of the test's own, so that Go finds no other build of ours.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { hasTool } from "../../tools.ts";
import { officialVersions } from "../official-versions.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const programs = fileURLToPath(new URL("./programs", import.meta.url));

export const OURS = "postern.invalid/client";
export const THEIRS = "github.com/1password/onepassword-sdk-go";

export const hasGo = hasTool("go");

export type Ran = { readonly code: number | null; readonly out: string; readonly err: string };
export type Env = Readonly<Record<string, string>>;

export type GoProject = {
  readonly folder: string;
  write(path: string, text: string): void;
  run(words: readonly string[], env?: Env): Promise<Ran>;
  /** Compiles one of the programs. Returns the path of what came of it. */
  build(program: string, env?: Env): Promise<string>;
  remove(): void;
};

/** A project with our module installed, and with the programs of this folder that use it. */
export function makeGoProject(): GoProject {
  const outer = mkdtempSync(join(tmpdir(), "postern-go-"));
  const proxy = join(outer, "proxy");
  execFileSync(process.execPath, ["--no-warnings", "clients/release/go-package.ts", proxy], { cwd: root });
  const env = {
    GOPROXY: `file://${proxy}`,
    GONOSUMDB: OURS,
    GOMODCACHE: join(outer, "modules"),
    GOFLAGS: "-modcacherw",
  };
  const project = projectIn(outer, env);
  for (const name of ["replay", "methods", "helpers", "exports", "behaviour", "asks", "started"])
    project.write(`${name}/main.go`, source(name));
  for (const name of ["official", "bad-input"])
    project.write(`${name}/main.go`, source(name).replace(`"${THEIRS}"`, `onepassword "${OURS}"`));
  install(project.folder, OURS, env);
  return project;
}

/** A project with the official package, where it can be fetched. Undefined elsewhere. */
export function makeOfficialProject(version: string = officialVersions.go.current): GoProject | undefined {
  const project = projectIn(mkdtempSync(join(tmpdir(), "postern-go-")), {});
  for (const name of ["exports", "official", "every", "files", "account", "list", "bad-input"])
    project.write(`${name}/main.go`, source(name));
  try {
    install(project.folder, `${THEIRS}@v${version}`, {});
    return project;
  } catch {
    project.remove();
    return undefined;
  }
}

const source = (name: string): string => readFileSync(join(programs, name, "main.go"), "utf8");

function install(folder: string, module: string, env: Env): void {
  const options = { cwd: folder, env: { ...process.env, ...env }, stdio: "pipe" } as const;
  execFileSync("go", ["mod", "init", "project"], options);
  execFileSync("go", ["get", module], options);
}

function projectIn(outer: string, env: Env): GoProject {
  const folder = join(outer, "project");
  mkdirSync(folder);
  const run = (words: readonly string[], more: Env = {}) => runIn(folder, words, { CGO_ENABLED: "0", ...env, ...more });
  return {
    folder,
    write: (path, text) => {
      mkdirSync(join(folder, path, ".."), { recursive: true });
      writeFileSync(join(folder, path), text);
    },
    run,
    build: async (program, more = {}) => {
      const made = join(folder, "made", program);
      const ran = await run(["go", "build", "-o", made, `./${program}`], more);
      if (ran.code !== 0) throw new Error(ran.err);
      return made;
    },
    remove: () => rmSync(outer, { recursive: true, force: true }),
  };
}

/** A copy of the client's sources, so that a run leaves nothing in the repository. */
export function copyOfClient(): { readonly run: GoProject["run"]; remove(): void } {
  const outer = mkdtempSync(join(tmpdir(), "postern-go-"));
  cpSync(join(root, "clients", "go"), outer, { recursive: true });
  return {
    run: (words, env = {}) => runIn(outer, words, env),
    remove: () => rmSync(outer, { recursive: true, force: true }),
  };
}

async function runIn(folder: string, [program = "", ...words]: readonly string[], env: Env): Promise<Ran> {
  const child = spawn(program, words, {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
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
