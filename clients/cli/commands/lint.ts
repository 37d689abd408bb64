// lint: finds references that lead nowhere, and secrets in clear, in the files of a project.
import type { Command } from "commander";
import { addCommand } from "../context.ts";
import type { LintOptions } from "../lint/lint.ts";

/** Adds `postern lint`. */
export function addLintCommand(program: Command): void {
  addCommand<LintOptions>(
    program,
    "lint [paths...]",
    "find references that lead nowhere, and secrets in clear, in files and folders (exit code 10 where there are any)",
    "postern lint --sarif src .env",
    [
      ["--offline", "judge the text alone: ask no agent and no person"],
      ["--sarif", "print the findings as SARIF 2.1.0"],
    ],
    async (terminal, paths, options) => {
      // Loaded only now, since the rules for secrets are large.
      const { lint } = await import("../lint/lint.ts");
      await lint(terminal, paths, options);
    },
  );
}
