// The words for an error that ends a command. Our own errors have words. The text of any other error, Node's or the system's, is never
// shown: it may hold bytes that were read or typed.
import { PosternError } from "../../typescript/generated.ts";
import {
  AgentNotRunning,
  ClientClosed,
  ConnectionLost,
  TimedOut,
  UntrustedSocket,
} from "../../typescript/local-error.ts";
import { OldNode } from "../node-version.ts";
import { NotStarted, OutputLost, UsageError } from "./exit-code.ts";

const ours = [
  PosternError,
  UsageError,
  NotStarted,
  OutputLost,
  OldNode,
  AgentNotRunning,
  ClientClosed,
  ConnectionLost,
  TimedOut,
  UntrustedSocket,
];

/** Ctrl-C at a question. Recognized by its name, since importing its module would load the library for questions. */
const INTERRUPTED = "Interrupted";

export type FailureWords = {
  readonly name: string;
  readonly message: string;
  readonly hint: string | undefined;
  readonly incident: string | undefined;
};

export function wordsOf(error: unknown): FailureWords {
  const { name = "Error", message = "", hint, errorName, incident, code } = error as Record<string, string | undefined>;
  if (ours.some((known) => error instanceof known) || name === INTERRUPTED)
    return { name: errorName ?? name, message, hint, incident };
  const known = code !== undefined && /^[A-Z][A-Z0-9_]*$/.test(code) ? ` (${code})` : "";
  return {
    name: "Failed",
    message: `something went wrong inside the command${known}`,
    hint: "run it again; if it stays, report it with the command's name and without values",
    incident: undefined,
  };
}
