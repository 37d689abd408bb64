// Errors on this side of the socket. They never travel on the wire. The agent's own errors are in generated.ts.

/** No agent answers at the socket's path. */
export class AgentNotRunning extends Error {
  override readonly name = "AgentNotRunning";
  readonly hint: string;
  constructor(reason: string, cause?: unknown, hint = "start it with `postern agent start`") {
    super(`no agent is running: ${reason}`, { cause });
    this.hint = hint;
  }
}

/** The socket or its folder is not private, or cannot be checked. Nothing was sent. */
export class UntrustedSocket extends Error {
  override readonly name = "UntrustedSocket";
  readonly hint: string;
  constructor(reason: string, hint = "another user may have put it there; remove it, and run `postern agent start`") {
    super(`the agent's socket is not trusted: ${reason}`);
    this.hint = hint;
  }
}

/** The connection ended before the answer came. A write may have been done or not: look before you repeat it. */
export class ConnectionLost extends Error {
  override readonly name = "ConnectionLost";
  readonly hint: string;
  constructor(hint = "look whether it was done before you ask again") {
    super("the connection to the agent ended before it answered");
    this.hint = hint;
  }
}

/** The caller's own deadline passed. The agent was told to stop the work. */
export class TimedOut extends Error {
  override readonly name = "TimedOut";
  readonly milliseconds: number;
  readonly hint = "look with `postern status` whether the account is locked, and with `postern prompts` what waits";
  constructor(milliseconds: number) {
    super(`no answer within ${milliseconds} ms`);
    this.milliseconds = milliseconds;
  }
}

/** A watch of a secret has ended in the agent. */
export class WatchEnded extends Error {
  override readonly name = "WatchEnded";
  /** `locked`, `grantEnded`, or a word of a later agent. */
  readonly reason: string;
  readonly hint: string;
  constructor(reason: string) {
    super(`the watch has ended: ${reason === "locked" ? "the account was locked" : "its approval has ended"}`);
    this.reason = reason;
    this.hint = reason === "locked" ? "run `postern unlock`, and watch again" : "watch again to ask for an approval";
  }
}

/** `close()` was called on the client. */
export class ClientClosed extends Error {
  override readonly name = "ClientClosed";
  constructor() {
    super("the client is closed");
  }
}

/** `createClient` was given what cannot be used. Nothing was sent. The message is the official one. */
export class InvalidConfiguration extends Error {
  override readonly name = "InvalidConfiguration";
  readonly hint: string;
  constructor(message: string, hint = "") {
    super(message);
    this.hint = hint;
  }
}
