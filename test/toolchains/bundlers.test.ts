// The packed client in one file with a program: by each bundler, as each kind of module. The file is run in a folder of its own, where no
// client is installed, against a real agent.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type DemoAgent, SECRET, startDemoAgent } from "./demo-agent.ts";
import { makeProject, type Project, type Ran } from "./project.ts";
import { hasTool, toolModules } from "./toolbox.ts";

const TIME_MS = 60_000;

let project: Project;
let agent: DemoAgent;
/** Where the bundles go. */
let out: string;

beforeAll(async () => {
  project = makeProject();
  out = mkdtempSync(join(tmpdir(), "postern-bundles-"));
  agent = await startDemoAgent();
}, 120_000);
afterAll(async () => {
  await agent.remove();
  project.remove();
  rmSync(out, { recursive: true, force: true });
});

type Bundler = {
  readonly tool: string;
  readonly entry: string;
  /** The name of the bundle. */
  readonly file: string;
  /** The words that write the bundle at a path. */
  words(entry: string, folder: string, file: string): readonly string[];
};

const node = (...path: string[]) => [process.execPath, join(toolModules, ...path)];

const esbuild = (entry: string, file: string, ...more: readonly string[]): Bundler => ({
  tool: "esbuild",
  entry,
  file,
  words: (program, folder, name) => [
    ...node("esbuild", "bin", "esbuild"),
    ...[program, "--bundle", "--platform=node", "--log-level=warning", `--outfile=${join(folder, name)}`, ...more],
  ],
});

const rollup = (entry: string, file: string, format: string): Bundler => ({
  tool: "rollup",
  entry,
  file,
  // `--failAfterWarnings` finds a module that rollup could not take in.
  words: (program, folder, name) => [
    ...node("rollup", "dist", "bin", "rollup"),
    ...["--input", program, "--file", join(folder, name), "--format", format, "--silent", "--failAfterWarnings"],
    ...["--plugin", "node-resolve={preferBuiltins:true}", "--external", "/^node:/"],
  ],
});

const webpack = (entry: string): Bundler => ({
  tool: "webpack",
  entry,
  file: "bundle.cjs",
  words: (program, folder, name) => [process.execPath, "webpack.cjs", program, folder, name],
});

const ncc = (entry: string, file: string): Bundler => ({
  tool: "@vercel/ncc",
  entry,
  file,
  words: (program, folder) => [
    ...node("@vercel", "ncc", "dist", "ncc", "cli.js"),
    ...["build", program, "--out", folder, "--quiet"],
  ],
});

const [imports, requires] = ["resolve-by-import.mjs", "resolve-by-require.cjs"];

const single: readonly Bundler[] = [
  esbuild(imports, "bundle.mjs", "--format=esm"),
  esbuild(requires, "bundle.cjs", "--format=cjs"),
  esbuild(requires, "minified.cjs", "--format=cjs", "--minify"),
  rollup(imports, "bundle.mjs", "es"),
  webpack(imports),
  webpack(requires),
  ncc(imports, "index.mjs"),
  ncc(requires, "index.cjs"),
];

const both = "both.mjs";
const mixed: readonly Bundler[] = [
  esbuild(both, "bundle.mjs", "--format=esm"),
  esbuild(both, "minified.mjs", "--format=esm", "--minify"),
  webpack(both),
  ncc(both, "index.mjs"),
];

/** Writes the bundle, and runs it. */
async function ran(bundler: Bundler, stage: readonly string[] = []): Promise<Ran> {
  const { words, entry, file } = bundler;
  const folder = mkdtempSync(join(out, "b-"));
  const built = await project.run(words(entry, folder, file));
  expect([built.code, built.err]).toEqual([0, ""]);
  return project.run([process.execPath, ...stage, join(folder, file)], agent.env);
}

const titleOf = ({ tool, entry, file }: Bundler) => `by ${tool}, from ${entry} to ${file}`;

describe("a program in one file reads a secret", () => {
  for (const bundler of single)
    test.skipIf(!hasTool(bundler.tool))(titleOf(bundler), { timeout: TIME_MS }, async () => {
      const times = bundler.entry === imports ? 3 : 1;
      expect(await ran(bundler)).toEqual({ code: 0, out: `${SECRET}\n`.repeat(times), err: "" });
    });
});

describe("a program that imports and requires the client has one copy of it, and an error keeps its name", () => {
  for (const bundler of mixed)
    test.skipIf(!hasTool(bundler.tool))(titleOf(bundler), { timeout: TIME_MS }, async () => {
      expect(await ran(bundler)).toEqual({ code: 0, out: `${SECRET}\ntrue true ItemNotFoundError\n`, err: "" });
    });
});

test.skipIf(!hasTool("esbuild"))("the main process of an Electron program reads a secret", async () => {
  const bundler = esbuild("electron-main.cjs", "main.cjs", "--format=cjs", "--minify", "--external:electron");
  const expected = { code: 0, out: `${SECRET}\ntrue ItemNotFoundError\n`, err: "" };
  expect(await ran(bundler, ["electron-stage.cjs"])).toEqual(expected);
});
