// The Pythons of this machine, the tools of other people in an environment of their own, and clean environments with the built client.
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const cache = fileURLToPath(new URL("../../../node_modules/.cache/postern-tests", import.meta.url));
export const clientSource = fileURLToPath(new URL("../../../clients/python", import.meta.url));
export const programs = join(here, "programs");

/** The versions that the client promises. The tests run on the first of these that is there, and replay conversations on all. */
export const promised = ["3.11", "3.9", "3.10", "3.12", "3.13"] as const;

export type Python = { readonly version: string; readonly program: string };

/** The Pythons that are here: on PATH, or among those of pyenv. */
export function pythonsHere(): Python[] {
  return promised.flatMap((version) => {
    const program = [`python${version}`, ...pyenvPrograms(version), "python3"].find((one) => isVersion(one, version));
    return program === undefined ? [] : [{ version, program }];
  });
}

function isVersion(program: string, version: string): boolean {
  const words = ["-c", "import sys; print('%d.%d' % sys.version_info[:2])"];
  return spawnSync(program, words, { encoding: "utf8" }).stdout?.trim() === version;
}

function pyenvPrograms(version: string): string[] {
  const root = spawnSync("pyenv", ["root"], { encoding: "utf8" }).stdout?.trim();
  if (root === undefined || root === "" || !existsSync(join(root, "versions"))) return [];
  const names = readdirSync(join(root, "versions")).filter((name) => name.startsWith(`${version}.`));
  return names.map((name) => join(root, "versions", name, "bin", "python3"));
}

/** An environment of Python's venv. */
export type Environment = { readonly folder: string; readonly python: string };

const environmentAt = (folder: string): Environment => ({ folder, python: join(folder, "bin", "python") });

const toolList = join(here, "tools.txt");
const toolHash = createHash("sha256").update(readFileSync(toolList)).digest("hex").slice(0, 16);
const toolPlace = environmentAt(join(cache, `python-tools-${toolHash}`));
/** A file of the last step: pip may be stopped in the middle. */
const whole = join(toolPlace.folder, "whole");

/** The environment with the tools. Undefined where they could not be installed. */
export function toolEnvironment(): Environment | undefined {
  return existsSync(whole) ? toolPlace : undefined;
}

/** Installs the tools, where they are not there yet. The tests skip aloud where pip cannot. */
export function installPythonTools(): void {
  const [python] = pythonsHere();
  if (existsSync(whole) || python === undefined) return;
  process.stdout.write("test: installing the tools of test/toolchains/python\n");
  rmSync(toolPlace.folder, { recursive: true, force: true });
  mkdirSync(cache, { recursive: true });
  execFileSync(python.program, ["-m", "venv", toolPlace.folder]);
  const words = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", toolList];
  const { status } = spawnSync(toolPlace.python, words, { stdio: "inherit" });
  if (status === 0) writeFileSync(whole, "");
}

export type Built = { readonly wheel: string; readonly sdist: string };

/** Builds the wheel and the sdist below a folder, from a copy of the sources. */
export function buildClient(tools: Environment, folder: string): Built {
  const source = join(folder, "source");
  const keep = (path: string) => !path.includes("__pycache__");
  cpSync(clientSource, source, { recursive: true, filter: keep });
  const backend = "import flit_core.buildapi as b; print(b.build_wheel('..')); print(b.build_sdist('..'))";
  const out = execFileSync(tools.python, ["-c", backend], { cwd: source, encoding: "utf8" });
  const [wheel = "", sdist = ""] = out.trim().split("\n");
  return { wheel: join(folder, wheel), sdist: join(folder, sdist) };
}

/**
 * A clean environment with one package file in it. Nothing is asked of a registry: the client depends on nothing. The pip of the tools
 * installs it, since to make an environment with a pip of its own takes seconds.
 */
export function installedClient(tools: Environment, python: Python, file: string, folder: string): Environment {
  const made = environmentAt(mkdtempSync(join(folder, "venv-")));
  execFileSync(python.program, ["-m", "venv", "--without-pip", made.folder]);
  const words = ["install", "--quiet", "--no-index", "--disable-pip-version-check", file];
  execFileSync(tools.python, ["-m", "pip", "--python", made.python, ...words]);
  return made;
}

export const temporaryFolder = (): string => mkdtempSync(join(tmpdir(), "postern-py-"));

export type Ran = { readonly code: number | null; readonly out: string; readonly err: string };

/** Milliseconds after which a program that hangs is ended, so that it fails its test and outlives none. */
const PROGRAM_MS_MAX = 60_000;

/** Runs a program of this folder, with the variables and no others of the test's own. `before` runs the interpreter. */
export async function run(
  { python, folder }: Environment,
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
  before: readonly string[] = [],
): Promise<Ran> {
  const own = { PATH: `${dirname(python)}:/usr/bin:/bin`, HOME: folder, LANG: "C.UTF-8", PYTHONDONTWRITEBYTECODE: "1" };
  const all = { ...own, ...env };
  const stdio = ["ignore", "pipe", "pipe"] as ["ignore", "pipe", "pipe"];
  const [program = "", ...rest] = [...before, python, ...words];
  const child = spawn(program, rest, { cwd: programs, env: all, stdio, timeout: PROGRAM_MS_MAX });
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
