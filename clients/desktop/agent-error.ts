// The errors that a call can end with. Errors of the agent are told apart by their name (protocol/errors.ts). The other three are the page's own.

/** An error that the agent answered. */
export class AgentError extends Error {
  override readonly name: string;
  readonly hint: string | undefined;

  constructor(name: string, message: string, hint?: string) {
    super(message);
    this.name = name;
    this.hint = hint;
  }
}

/** The connection ended before the answer. It is not known whether the agent has done what was asked. */
export class ConnectionLost extends Error {
  override readonly name = "ConnectionLost";
}

/** The agent takes this session no more: it was locked, stopped or started again. Only another one-time code opens another session. */
export class SessionEnded extends Error {
  override readonly name = "SessionEnded";
}

/** The one-time code of the address was used before, is older than a minute, or is none. */
export class CodeSpent extends Error {
  override readonly name = "CodeSpent";
}

/** Whether the agent answered this error. */
export const isAgentError = (error: unknown, ...names: string[]): error is AgentError =>
  error instanceof AgentError && names.includes(error.name);
