// Where the variables of an env file come from: one way for every command that reads one.

import { readTextFile, type TextKind } from "../files/text-file.ts";
import { UsageError } from "../terminal/exit-code.ts";
import { tellStderr } from "../terminal/stderr.ts";
import { ENV_FILE_BYTES_MAX, type EnvLine, type EnvVariable, parseEnvFile } from "./env-file.ts";

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

/** A line inside a value that would be a variable of its own. */
const INNER_ASSIGNMENT = /^[ \t]*(?:export[ \t]+)?[A-Za-z_][A-Za-z0-9_.]*[ \t]*=[ \t]*(?=[^=\s]|$)/;

/** A full line of base64: keys have 64 characters in each and mail has 76, and the line behind may end with `=`. */
const BASE64_LINE = /^[A-Za-z0-9+/]{64,76}$/;

export const TOOK_OTHERS_ALONG = "lines inside its quotes look like variables of their own; a quote may be missing";

/** Whether a quote that closed lines later seems to have swallowed variables. */
export function tookOthersAlong({ value }: EnvVariable): boolean {
  const lines = value.split(/\r?\n/);
  return lines.some(
    (line, index) =>
      index > 0 && INNER_ASSIGNMENT.test(line) && !(line.endsWith("=") && BASE64_LINE.test(lines[index - 1] ?? "")),
  );
}

/**
 * The assignments of an env file in order; of a name that is set again the last one counts. Throws UsageError with the number
 * of each line that was not understood: half a file is worse than none. `undone` says what was not done then. `tell` is told
 * of values that seem to have swallowed variables: those are not set, and nothing else would say so.
 */
export function variablesOf(path: string, undone: string, tell: (text: string) => void = tellLine): EnvVariable[] {
  const variables = variablesIn(readEnvFile(path), path, undone);
  for (const line of variables.filter(tookOthersAlong))
    tell(`postern: lines ${line.number} to ${line.last} of ${path}: ${line.name}: ${TOOK_OTHERS_ALONG}`);
  return variables;
}

const tellLine = (text: string) => tellStderr(`${text}\n`);

/** The same of lines that were read. */
export function variablesIn(lines: readonly EnvLine[], path: string, undone: string): EnvVariable[] {
  const variables = lines.filter((line) => line.kind === "variable");
  const unknown = lines.filter((line) => line.kind === "unknown");
  if (unknown.length === 0) return variables;
  const told = unknown.slice(0, LINES_TOLD_MAX).map(({ number, why }) => `line ${number} (${why})`);
  const more = unknown.length > LINES_TOLD_MAX ? ` and ${unknown.length - LINES_TOLD_MAX} more` : "";
  // A line that sets a variable in a wrong way is no reason to doubt the file.
  const none =
    variables.length === 0 && unknown.every(({ assigns }) => !assigns)
      ? "; there is no NAME=value in it, so it may be no env file"
      : "";
  throw new UsageError(
    `${undone}; not understood in ${path}: ${told.join(", ")}${more}${none}`,
    "make each a line NAME=value, or a comment with # before it",
  );
}
