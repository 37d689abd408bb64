// Runs one lane of tests (lanes.ts). `gate` is `npm test`. A lane prints one line a step and ends with its totals. It names each skipped test. Under
// POSTERN_TEST_REQUIRE_ALL=1 a skipped test counts as failed. A lane that reaches its budget is stopped, reports its results so far, and counts as
// one failure.
import { execFile, spawn } from "node:child_process";
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type LaneName, lanes } from "./lanes.ts";
import { OUTCOMES_VARIABLE, type Outcome } from "./outcomes.ts";
import { installTools } from "./tools.ts";

type Totals = { passed: number; failed: number; skipped: number };

/** Characters of a failure's own text that the lane repeats at its end. The whole stands above, beside the test. */
const WHY_LENGTH = 600;

const requireAll = process.env.POSTERN_TEST_REQUIRE_ALL === "1";

/** Milliseconds that a stopped run has to end its programs. Then it is killed. */
const STOP_MS = 10_000;

const checks: readonly [string, readonly string[]][] = [
  ["types", ["tsc", "--noEmit", "-p", "tsconfig.json"]],
  ["types of the share page", ["tsc", "--noEmit", "-p", "service/web/tsconfig.json"]],
  ["types of the app", ["tsc", "--noEmit", "-p", "clients/desktop/tsconfig.json"]],
  ["types of the pages' tests", ["tsc", "--noEmit", "-p", "test/web/tsconfig.json"]],
  ["lint", ["biome", "ci", "--error-on-warnings", "."]],
  ["generated files", ["node", "clients/generate/main.ts", "--check"]],
];

async function main(name: string): Promise<void> {
  if (!isLane(name)) throw new Error(`no lane ${name}; there are ${Object.keys(lanes).join(", ")}`);
  // Only CI sets a budget. A person who runs a lane waits for its end.
  const budgetS = process.env.CI === "true" ? lanes[name].budgetS : undefined;
  installTools();
  if (lanes[name].checks) {
    const outcomes = await Promise.all(checks.map(([what, command]) => succeeds(what, command)));
    if (outcomes.includes(false)) return finish({ passed: 0, failed: 1, skipped: 0 });
  }
  finish(await vitest(name, budgetS));
}

function isLane(name: string): name is LaneName {
  return Object.hasOwn(lanes, name);
}

/** Runs a check beside the others. Prints its output in one piece. */
function succeeds(name: string, [program = "", ...args]: readonly string[]): Promise<boolean> {
  return new Promise((resolve) =>
    execFile(program, args, (error, stdout, stderr) => {
      process.stdout.write(`test: ${name}${error === null ? "" : " failed"}\n${stdout}${stderr}`);
      resolve(error === null);
    }),
  );
}

async function vitest(lane: LaneName, budgetS: number | undefined): Promise<Totals> {
  process.stdout.write(`test: vitest, lane ${lane}\n`);
  const folder = mkdtempSync(join(tmpdir(), "postern-test-"));
  const outcomes = join(folder, "outcomes");
  try {
    const args = [
      "run",
      "--project",
      lane,
      "--reporter=default",
      "--reporter=./test/outcomes.ts",
      `--maxWorkers=${lanes[lane].workers}`,
    ];
    const ending = await run(args, { [OUTCOMES_VARIABLE]: outcomes }, budgetS);
    if (ending === "stopped")
      process.stdout.write(`test: the lane ${lane} was stopped at its budget of ${budgetS} s\n`);
    return count(existsSync(outcomes) ? readFileSync(outcomes, "utf8") : "", ending === 0);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs vitest in its own process group, so that a stop also reaches the programs that the tests started. */
function run(args: string[], env: NodeJS.ProcessEnv, budgetS: number | undefined): Promise<number | "stopped"> {
  const child = spawn("vitest", args, { stdio: "inherit", env: { ...process.env, ...env }, detached: true });
  const signal = (name: NodeJS.Signals) => child.pid !== undefined && process.kill(-child.pid, name);
  let stopped = false;
  const stop = () => {
    stopped = true;
    signal("SIGTERM");
    setTimeout(() => signal("SIGKILL"), STOP_MS).unref();
  };
  const timer = budgetS === undefined ? undefined : setTimeout(stop, budgetS * 1_000);
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, stop);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      clearTimeout(timer);
      resolve(stopped ? "stopped" : (code ?? 1));
    });
  });
}

function count(text: string, wentWell: boolean): Totals {
  const outcomes = text.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as Outcome]));
  const tests = outcomes.filter((one) => "test" in one);
  const files = outcomes.filter((one) => "file" in one);
  for (const { test } of tests.filter(({ state }) => state === "skipped")) report(`SKIPPED: ${test}`);
  const ended = new Set(files.filter(({ state }) => state !== "began").map(({ file }) => file));
  for (const { file } of files.filter(({ file, state }) => state === "began" && !ended.has(file)))
    report(`NOT ENDED: ${file}`);
  for (const { file } of files.filter(({ state }) => state === "broken")) report(`BROKEN: ${file}`);
  for (const one of tests) if (one.state === "failed") report(`FAILED: ${one.test}\n${one.why.slice(0, WHY_LENGTH)}`);
  const of = (state: Outcome["state"]) => tests.filter((one) => one.state === state).length;
  const broken = files.filter(({ state }) => state === "broken").length;
  // A run may fail without a failed test, by an unhandled rejection or a stop. This still counts as a failure.
  const failed = Math.max(of("failed") + broken, wentWell ? 0 : 1);
  return { passed: of("passed"), failed, skipped: of("skipped") };
}

/** Says it here, and again at the end of `.ci/run`, where a reader of the last lines finds it. */
function report(line: string): void {
  process.stdout.write(`${line}\n`);
  const { POSTERN_TEST_FAILURES: failures } = process.env;
  if (failures !== undefined) appendFileSync(failures, `${line}\n`);
}

function finish({ passed, failed, skipped }: Totals): void {
  const failures = failed + (requireAll ? skipped : 0);
  if (requireAll && skipped > 0)
    process.stdout.write(`test: ${skipped} skipped, and POSTERN_TEST_REQUIRE_ALL=1 counts them as failed\n`);
  process.stdout.write(
    `${passed} passed, ${failures} failed${requireAll || skipped === 0 ? "" : `, ${skipped} skipped`}\n`,
  );
  // `.ci/run` sums the lanes up from this file.
  const { POSTERN_TEST_TOTALS: totals } = process.env;
  if (totals !== undefined) appendFileSync(totals, `${passed} ${failures}\n`);
  process.exitCode = failures === 0 && passed > 0 ? 0 : 1;
}

await main(process.argv[2] ?? "gate");
