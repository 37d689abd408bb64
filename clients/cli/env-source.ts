// Where the variables of an env file come from: one way for every command that reads one.
import { ENV_FILE_BYTES_MAX, type EnvLine, type EnvVariable, parseEnvFile } from "./env-file.ts";
import { UsageError } from "./exit-code.ts";
import { readTextFile, type TextKind } from "./text-file.ts";

const KIND: TextKind = {
  the: "the env file",
  one: "an env file",
  bytesMax: ENV_FILE_BYTES_MAX,
  next: "name a file of lines NAME=value",
};

/** Lines that an error names; a file of another kind has thousands. */
const LINES_TOLD_MAX = 10;

/** The lines of an env file. Throws UsageError where it cannot be read or is no text. */
export function readEnvFile(path: string): EnvLine[] {
  return parseEnvFile(readTextFile(path, KIND));
}

/**
 * The assignments of an env file in order; of a name that is set again the last one counts. Throws UsageError with the number
 * of each line that was not understood: half a file is worse than none. `undone` says what was not done then.
 */
export function variablesOf(path: string, undone: string): EnvVariable[] {
  return variablesIn(readEnvFile(path), path, undone);
}

/** The same of lines that were read. */
export function variablesIn(lines: readonly EnvLine[], path: string, undone: string): EnvVariable[] {
  const variables = lines.filter((line) => line.kind === "variable");
  const unknown = lines.filter((line) => line.kind === "unknown");
  if (unknown.length === 0) return variables;
  const told = unknown.slice(0, LINES_TOLD_MAX).map(({ number, why }) => `line ${number} (${why})`);
  const more = unknown.length > LINES_TOLD_MAX ? ` and ${unknown.length - LINES_TOLD_MAX} more` : "";
  const none = variables.length === 0 ? "; there is no NAME=value in it, so it may be no env file" : "";
  throw new UsageError(
    `${undone}; not understood in ${path}: ${told.join(", ")}${more}${none}`,
    "make each a line NAME=value, or a comment with # before it",
  );
}
