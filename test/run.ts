// One lane of tests. `gate` is `npm test`: types, lint, generated files, then every test but the long ones. `soak` is
// `npm run test:soak`: the long ones alone. A lane prints one line a step and ends with its totals. A skipped test is told
// with its name; under POSTERN_TEST_REQUIRE_ALL=1 it counts as failed.
import { spawnSync } from "node:child_process";
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { installTools } from "./tools.ts";

type Totals = { passed: number; failed: number; skipped: number };

const requireAll = process.env.POSTERN_TEST_REQUIRE_ALL === "1";

const checks: readonly [string, readonly string[]][] = [
  ["types", ["tsc", "--noEmit", "-p", "tsconfig.json"]],
  ["types of the share page", ["tsc", "--noEmit", "-p", "service/web/tsconfig.json"]],
  ["types of its tests", ["tsc", "--noEmit", "-p", "test/web/tsconfig.json"]],
  ["lint", ["biome", "ci", "--error-on-warnings", "."]],
  ["generated files", ["node", "clients/generate/main.ts", "--check"]],
];

function main(lane: string): void {
  installTools();
  for (const [name, command] of lane === "gate" ? checks : []) {
    if (!succeeds(name, command)) return finish({ passed: 0, failed: 1, skipped: 0 });
  }
  finish(vitest(lane));
}

function succeeds(name: string, [program, ...args]: readonly string[]): boolean {
  process.stdout.write(`test: ${name}\n`);
  const { status } = spawnSync(program ?? "", args, { stdio: "inherit" });
  if (status !== 0) process.stdout.write(`test: ${name} failed\n`);
  return status === 0;
}

function vitest(lane: string): Totals {
  process.stdout.write(`test: vitest, lane ${lane}\n`);
  const folder = mkdtempSync(join(tmpdir(), "postern-test-"));
  try {
    const report = join(folder, "report.json");
    const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
    const run = spawnSync("vitest", ["run", "--project", lane, ...reporters], { stdio: "inherit" });
    return read(report, run.status ?? 1);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

type Report = {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numFailedTestSuites: number;
  testResults: { name: string; assertionResults: { status: string; fullName: string }[] }[];
};

function read(path: string, status: number): Totals {
  const report = JSON.parse(readFileSync(path, "utf8")) as Report;
  for (const file of report.testResults) {
    for (const test of file.assertionResults) {
      if (test.status === "pending" || test.status === "skipped") process.stdout.write(`SKIPPED: ${test.fullName}\n`);
    }
  }
  // A run that ends badly with no failed test (a file that does not load, an unhandled rejection) is still a failure.
  const failed = Math.max(report.numFailedTests, status === 0 ? 0 : 1);
  return { passed: report.numPassedTests, failed, skipped: report.numPendingTests };
}

function finish({ passed, failed, skipped }: Totals): void {
  const failures = failed + (requireAll ? skipped : 0);
  if (requireAll && skipped > 0)
    process.stdout.write(`test: ${skipped} skipped, and POSTERN_TEST_REQUIRE_ALL=1 counts them as failed\n`);
  process.stdout.write(
    `${passed} passed, ${failures} failed${requireAll || skipped === 0 ? "" : `, ${skipped} skipped`}\n`,
  );
  // `.ci/run` adds the lanes up from this file.
  const { POSTERN_TEST_TOTALS: totals } = process.env;
  if (totals !== undefined) appendFileSync(totals, `${passed} ${failures}\n`);
  process.exitCode = failures === 0 && passed > 0 ? 0 : 1;
}

main(process.argv[2] ?? "gate");
