// The clients that meet what is wrong: ours, and the three official packages through the bridge. The bridge lies at its real place in a mount
// namespace of the program alone, so that nothing on the machine changes.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compileLibrary } from "../../../clients/bridge/compile.ts";
import { INSTALL_FOLDER, LIBRARY } from "../../../clients/cli/bridge/library.ts";
import { cannotRun, ownCompiler, type Ran, version } from "../../build/bridge-host.ts";
import { type GoProject, hasGo, makeGoProject, makeOfficialProject } from "../go/project.ts";
import { makeProject, type Project } from "../project.ts";
import {
  buildClient,
  installedClient,
  pythonsHere,
  run as runPython,
  temporaryFolder,
  toolEnvironment,
} from "../python/environment.ts";

/** Our clients, and the official packages. */
export const columns = [
  "TypeScript",
  "Go",
  "Python",
  "Python, synchronous",
  "official JavaScript",
  "official Go",
  "official Python",
] as const;
export type Column = (typeof columns)[number];

/** One thing that a client meets. */
export type Case = {
  readonly name: string;
  readonly socket: string;
  readonly account?: string;
  readonly token?: string;
  readonly act: "read" | "write" | "large";
  readonly deadlineMs?: number;
};

/** What the client learnt of it. */
export type Learnt = { readonly name: string; readonly class: string; readonly text: string; readonly ms: number };

export type Clients = {
  /** Runs a program of the client that meets the cases one after another. */
  meet(column: Column, cases: readonly Case[]): Promise<Learnt[]>;
  remove(): void;
};

type Env = Readonly<Record<string, string>>;

const [python] = pythonsHere();
const tools = toolEnvironment();

/** Whether a program may have a mount namespace of its own, which takes root. */
const canMount = spawnSync("unshare", ["--mount", "true"]).status === 0;

/** Whether all clients can run here. */
export const hasAll = hasGo && python !== undefined && tools !== undefined && canMount && !cannotRun;

/** Words before a program, which then finds the bridge of the folder at its real place. */
const withBridge = (opt: string): string[] => [
  ...["unshare", "--mount", "sh", "-c", 'mount --bind "$0" /opt && exec "$@"'],
  opt,
];

export async function makeClients(reference: string): Promise<Clients> {
  const folder = mkdtempSync(join(tmpdir(), "postern-bad-"));
  const installed = join(folder, INSTALL_FOLDER);
  mkdirSync(installed, { recursive: true });
  compileLibrary(ownCompiler ?? "", version, join(installed, LIBRARY));
  const official = withBridge(join(folder, "opt"));
  const [web, go, py] = [makeProject(), await goPrograms(), pythonPrograms()];
  const programs: Readonly<Record<Column, (env: Env) => Promise<Ran>>> = {
    TypeScript: (env) => runNode(web, [], "@postern/client", env),
    Go: (env) => go.ours.run([go.oursProgram], env),
    Python: (env) => runPython(py.ours, ["bad_input.py", "postern"], env),
    "Python, synchronous": (env) => runPython(py.ours, ["bad_input.py", "postern.sync"], env),
    "official JavaScript": (env) => runNode(web, official, "@1password/sdk", env),
    "official Go": (env) => go.theirs.run([...official, go.theirsProgram], env),
    "official Python": (env) => runPython(py.theirs, ["bad_input.py", "onepassword"], env, official),
  };
  return {
    meet: async (column, cases) =>
      learntFrom(column, await programs[column]({ CASES: JSON.stringify(cases), REFERENCE: reference })),
    remove: () => {
      for (const one of [web, go.ours, go.theirs, py]) one.remove();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const runNode = (project: Project, before: readonly string[], name: string, env: Env): Promise<Ran> =>
  project.run([...before, process.execPath, "bad-input.mjs"], { ...env, PACKAGE: name });

type GoPrograms = {
  readonly ours: GoProject;
  readonly theirs: GoProject;
  readonly oursProgram: string;
  readonly theirsProgram: string;
};

async function goPrograms(): Promise<GoPrograms> {
  const ours = makeGoProject();
  const theirs = makeOfficialProject();
  if (theirs === undefined) throw new Error("the official Go module cannot be fetched");
  return {
    ours,
    theirs,
    oursProgram: await ours.build("bad-input"),
    theirsProgram: await theirs.build("bad-input", { CGO_ENABLED: "1" }),
  };
}

function pythonPrograms() {
  if (tools === undefined || python === undefined) throw new Error("there is no Python with its tools");
  const folder = temporaryFolder();
  const ours = installedClient(tools, python, buildClient(tools, folder).wheel, folder);
  return { ours, theirs: tools, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** What official clients print when they end without their agent. */
const GOODBYE = /^failed to release client: .*\n/gm;

function learntFrom(column: Column, { code, out, err }: Ran): Learnt[] {
  const unexpected = err.replaceAll(GOODBYE, "");
  if (code !== 0 || unexpected !== "") throw new Error(`the program of ${column} ended with ${code}: ${unexpected}`);
  const lines = out.replaceAll(GOODBYE, "").trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line) as Learnt);
}
