// The packed client in the tests of its users: jest and vitest, with the real client on a real agent, and with the client mocked as
// programs mock the official one.
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type DemoAgent, SECRET, startDemoAgent } from "./demo-agent.ts";
import { makeProject, type Project } from "./project.ts";
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

const programs = (folder: string) => readdirSync(new URL(`./programs/${folder}`, import.meta.url));
const runner = (...path: string[]) => [process.execPath, join(toolModules, ...path)];

/** Counts of a report: both runners write the same form. */
type Report = { readonly numPassedTests: number; readonly numTotalTests: number };

async function demandPasses(words: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<void> {
  const report = join(project.folder, "report.json");
  rmSync(report, { force: true });
  const { code, out, err } = await project.run([...words, `--outputFile=${report}`], { ...agent.env, ...env, SECRET });
  expect([code, code === 0 ? "" : out + err]).toEqual([0, ""]);
  const { numPassedTests, numTotalTests } = JSON.parse(readFileSync(report, "utf8")) as Report;
  expect(numPassedTests).toBe(numTotalTests);
  expect(numTotalTests).toBeGreaterThan(0);
}

describe("jest 29", () => {
  test.skipIf(!hasTool("jest")).each(programs("jest"))("runs %s", { timeout: TIME_MS }, async (name) => {
    await demandPasses([...runner("jest", "bin", "jest.js"), "--json", "--runInBand", join("jest", name)]);
  });
});

describe("jest 29 with ES modules", () => {
  const config = JSON.stringify({ testMatch: ["**/*.test.mjs"], transform: {} });
  const env = { NODE_OPTIONS: "--experimental-vm-modules --no-warnings" };
  test.skipIf(!hasTool("jest")).each(programs("jest-modules"))("runs %s", { timeout: TIME_MS }, async (name) => {
    const words = ["--json", "--runInBand", "--config", config, join("jest-modules", name)];
    await demandPasses([...runner("jest", "bin", "jest.js"), ...words], env);
  });
});

describe("vitest", () => {
  test.skipIf(!hasTool("vitest")).each(programs("vitest"))("runs %s", { timeout: TIME_MS }, async (name) => {
    await demandPasses([...runner("vitest", "vitest.mjs"), "run", "--reporter=json", join("vitest", name)]);
  });
});
