// The packed client where a program runs in an unusual way: TypeScript without a build, and threads beside the main one.
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type DemoAgent, SECRET, startDemoAgent, TYPED_OUTPUT } from "./demo-agent.ts";
import { makeProject, type Project } from "./project.ts";
import { runtimes } from "./runtimes.ts";
import { hasTool, toolModules } from "./toolbox.ts";

const TIME_MS = 60_000;

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

test.skipIf(!hasTool("tsx")).each(["mts", "cts"])("tsx runs a .%s program", { timeout: TIME_MS }, async (ending) => {
  copyFileSync(join(project.folder, "typed.mts"), join(project.folder, `program.${ending}`));
  const words = [process.execPath, join(toolModules, "tsx", "dist", "cli.mjs"), `program.${ending}`];
  expect(await project.run(words, agent.env)).toEqual({ code: 0, out: TYPED_OUTPUT, err: "" });
});

for (const { name, tool, command } of runtimes)
  test.skipIf(tool !== undefined && !hasTool(tool))(
    `${name} reads in worker threads`,
    { timeout: TIME_MS },
    async () => {
      const ran = await project.run([...command, "worker.mjs"], agent.env);
      // Each thread writes to the same descriptor, so their lines may come in any order. Last come their exit codes.
      expect(ran).toEqual({ code: 0, out: `${`${SECRET}\n`.repeat(7)}0 0\n`, err: "" });
    },
  );
