// `--trace FILE`: the agent writes a line for each request into a new file, for a bug report. A trace begins and ends with its agent.
import { accessSync, constants, lstatSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { Methods } from "../../typescript/generated.ts";
import { UsageError } from "../terminal/exit-code.ts";
import { oneLine } from "../terminal/terminal.ts";

export const traceOption = [
  "--trace <file>",
  "write a line for each request into this new file: method, times, outcome and ids, never names or values",
] as const;

export type TraceOption = { readonly trace?: string };

type Status = Methods["agent.status"]["result"];

/**
 * The words that an agent is started with. Throws UsageError where something has the name already, or no file can be made there: the
 * agent would refuse it too, but `restart` has ended the one before by then.
 */
export function traceWords({ trace }: TraceOption): string[] {
  if (trace === undefined) return [];
  if (trace === "") throw new UsageError("--trace names no file", "name a file that does not exist yet");
  const file = resolve(trace);
  if (isTaken(file))
    throw new UsageError(
      `--trace: there is a file, a folder or a link ${oneLine(trace)} already`,
      "name a file that does not exist yet; the agent makes it",
    );
  return ["--trace", file];
}

function isTaken(file: string): boolean {
  try {
    if (lstatSync(file, { throwIfNoEntry: false }) !== undefined) return true;
    accessSync(dirname(file), constants.W_OK | constants.X_OK);
    return false;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new UsageError(
      `--trace: the file ${oneLine(file)} could not be made (${code})`,
      "name a file in a folder that exists and that you can write to",
    );
  }
}

/** Throws UsageError where the agent that answers does not write the trace that was asked for. */
export function demandTraced(words: readonly string[], { trace }: Pick<Status, "trace">): void {
  if (words.length === 0 || words.includes(trace?.file ?? "")) return;
  throw runsAlready();
}

/** An agent that runs cannot begin a trace: what it did before would be missing, and nobody would know. */
export const runsAlready = (): UsageError =>
  new UsageError(
    "an agent runs already, and a trace begins with its agent; nothing is traced",
    "run `postern agent restart --trace FILE`, which locks everything",
  );

/** What `status` says of it. */
export function traceLines({ trace }: Pick<Status, "trace">): string[] {
  if (trace === undefined) return [];
  const file = oneLine(trace.file);
  const states = {
    writing: `each request is noted in ${file}, ${trace.bytes} bytes so far; \`postern agent restart\` ends that`,
    full: `the trace ${file} is full, and no more is noted`,
    failed: `the trace ${file} could not be written any more; the agent's log says why`,
  };
  return [states[trace.state]];
}
