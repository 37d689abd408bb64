// Programs for the official package, compiled with it, and with ours after the name in the import alone was changed. The one that runs by
// itself then reads a secret of a real agent.
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type DemoAgent, SECRET, startDemoAgent } from "./demo-agent.ts";
import { makeProject, type Project } from "./project.ts";
import { hasTool, toolModules } from "./toolbox.ts";

const TIME_MS = 120_000;

let project: Project;
let agent: DemoAgent;

beforeAll(async () => {
  project = makeProject();
  agent = await startDemoAgent();
}, 120_000);
afterAll(async () => {
  await agent.remove();
  project.remove();
});

const compilerOptions = {
  ...{ strict: true, exactOptionalPropertyTypes: true, skipLibCheck: true, types: ["node"] },
  ...{ module: "nodenext", target: "es2022", outDir: "made", rootDir: "." },
};

/** Compiles a program with one of the packages. Returns the path of what came of it. */
async function compiled(compiler: string, program: string, name: string): Promise<string> {
  const text = project.read(join("official", `${program}.mts`));
  project.write(`${program}.mts`, text.replace('from "@1password/sdk"', `from "${name}"`));
  project.write("tsconfig.json", JSON.stringify({ files: [`${program}.mts`], compilerOptions }));
  const ran = await project.run([process.execPath, join(toolModules, compiler, "bin", "tsc")]);
  expect(ran).toEqual({ code: 0, out: "", err: "" });
  return join("made", `${program}.mjs`);
}

const packages = ["@1password/sdk", "@postern/client"];

describe.skipIf(!hasTool("@1password")).each(["typescript-5", "typescript-7"])("%s", (compiler) => {
  test.each(packages)("compiles a program and mocks with %s", { timeout: TIME_MS }, async (name) => {
    for (const program of ["program", "mocks"]) await compiled(compiler, program, name);
  });

  test("makes a program for the official package that runs with ours", { timeout: TIME_MS }, async () => {
    const made = await compiled(compiler, "program", "@postern/client");
    const out = [`${SECRET} | not resolved: itemNotFound`, "1 true true", "true true", "true Unknown", ""].join("\n");
    expect(await project.run([process.execPath, made], agent.env)).toEqual({ code: 0, out, err: "" });
  });
});
