// The sentence for a person about a call that failed.
import { AgentError } from "./agent-error.ts";
import { NotSigned } from "./authenticator-call.ts";

export function faultText(error: unknown): string {
  if (!(error instanceof AgentError || error instanceof NotSigned)) return "The agent went away before the answer.";
  const { message } = error;
  return `${message.charAt(0).toUpperCase()}${message.slice(1)}.`;
}
