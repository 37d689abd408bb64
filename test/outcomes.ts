// A reporter that writes down each test as it ends. So a lane that is stopped at its budget can still report its
// results.
import { appendFileSync } from "node:fs";
import type { Reporter, TestCase, TestModule } from "vitest/node";

/** One line of the file: a test or a file that ended. */
export type Outcome =
  | { readonly test: string; readonly state: "passed" | "skipped" }
  | { readonly test: string; readonly state: "failed"; readonly why: string }
  | { readonly file: string; readonly state: "began" | "ended" | "broken" };

/** The variable with the path of the outcomes, one JSON text a line. */
export const OUTCOMES_VARIABLE = "POSTERN_TEST_OUTCOMES";

export default class Outcomes implements Reporter {
  onTestModuleStart(module: TestModule): void {
    note({ file: module.relativeModuleId, state: "began" });
  }

  onTestCaseResult(test: TestCase): void {
    const { state, errors } = test.result();
    const title = `${test.module.relativeModuleId} > ${test.fullName}`;
    if (state === "failed") note({ test: title, state, why: errors.map(({ message }) => message).join("\n") });
    else if (state !== "pending") note({ test: title, state });
  }

  onTestModuleEnd(module: TestModule): void {
    // A file that does not load has no failed test, but it is a failure.
    const isBroken = module.errors().length > 0;
    note({ file: module.relativeModuleId, state: isBroken ? "broken" : "ended" });
  }
}

function note(outcome: Outcome): void {
  const path = process.env[OUTCOMES_VARIABLE];
  if (path !== undefined) appendFileSync(path, `${JSON.stringify(outcome)}\n`);
}
