// Reads the variables of an env file. Every command that takes one does it here.

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

/** Lines that an error names. A file of another kind has thousands of wrong lines. */
const LINES_TOLD_MAX = 10;

/** The lines of an env file. Throws UsageError where the file cannot be read or is no text. */
export function readEnvFile(path: string): EnvLine[] {
  return parseEnvFile(readTextFile(path, KIND));
}

/** A line inside a value that looks like a variable of its own. */
const INNER_ASSIGNMENT = /^[ \t]*(?:export[ \t]+)?[A-Za-z_][A-Za-z0-9_.]*[ \t]*=[ \t]*(?=[^=\s]|$)/;

/** A full line of base64: 64 characters in keys, 76 in mail. The line after it may end with `=`. */
const BASE64_LINE = /^[A-Za-z0-9+/]{64,76}$/;

export const TOOK_OTHERS_ALONG = "lines inside its quotes look like variables of their own; a quote may be missing";

/** Whether a quote that closed some lines later seems to have swallowed variables. */
export function tookOthersAlong({ value }: EnvVariable): boolean {
  const lines = value.split(/\r?\n/);
  return lines.some(
    (line, index) =>
      index > 0 && INNER_ASSIGNMENT.test(line) && !(line.endsWith("=") && BASE64_LINE.test(lines[index - 1] ?? "")),
  );
}

/**
 * The assignments of an env file in order. The last one of a name counts. Throws UsageError with the number of each unclear line, since
 * half a file is worse than none; `undone` names the work that was not done. Calls `tell` for values that seem to have swallowed
 * variables: those variables are not set, and nothing else would say so.
 */
export function variablesOf(path: string, undone: string, tell: (text: string) => void = tellLine): EnvVariable[] {
  const variables = variablesIn(readEnvFile(path), path, undone);
  for (const line of variables.filter(tookOthersAlong))
    tell(`postern: lines ${line.number} to ${line.last} of ${path}: ${line.name}: ${TOOK_OTHERS_ALONG}`);
  return variables;
}

const tellLine = (text: string) => tellStderr(`${text}\n`);

/** The same for lines that were read already. */
export function variablesIn(lines: readonly EnvLine[], path: string, undone: string): EnvVariable[] {
  const variables = lines.filter((line) => line.kind === "variable");
  const unknown = lines.filter((line) => line.kind === "unknown");
  if (unknown.length === 0) return variables;
  const told = unknown.slice(0, LINES_TOLD_MAX).map(({ number, why }) => `line ${number} (${why})`);
  const more = unknown.length > LINES_TOLD_MAX ? ` and ${unknown.length - LINES_TOLD_MAX} more` : "";
  // A line that sets a variable wrongly does not put the kind of the file in doubt.
  const none =
    variables.length === 0 && unknown.every(({ assigns }) => !assigns)
      ? "; there is no NAME=value in it, so it may be no env file"
      : "";
  throw new UsageError(
    `${undone}; not understood in ${path}: ${told.join(", ")}${more}${none}`,
    "make each a line NAME=value, or a comment with # before it",
  );
}
