// Commands for a person only that need the account password use this. It asks for the password once, and unlocks a locked account with it.

import { accountPassword } from "../files/secret-input.ts";
import { UsageError } from "../terminal/exit-code.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { accountWords, isLocked, sentence } from "./of-account.ts";
import { type Agent, connect } from "./session.ts";
import { hasToken } from "./token.ts";
import { noAccount } from "./unfinished-restore.ts";
import { unlockFirst } from "./unlocking.ts";

/** `words` name the account where there are several. */
type Work<T> = (agent: Agent, password: string, words: string | undefined) => Promise<T>;

/** Connects, asks, unlocks, runs, closes. Throws UsageError where a service account's token is set. */
export function withPassword<T>(
  terminal: Terminal,
  options: { passwordFd?: string },
  work: Work<T>,
  message = "Account password",
): Promise<T> {
  demandPerson();
  return asPerson(terminal, options, work, message);
}

/** The same, on the person's account whatever token is set. */
export async function asPerson<T>(
  terminal: Terminal,
  options: { passwordFd?: string },
  work: Work<T>,
  message = "Account password",
): Promise<T> {
  const agent = await connect(terminal, "person");
  try {
    const status = await agent.call("agent.status", {});
    // Checked first, so that nobody types a password for a missing account.
    if (status.state === "signedOut") throw noAccount(status);
    const locked = await isLocked(agent, status);
    const words = accountWords(agent.account, status);
    const question = words === undefined ? message : `${message}, of ${words}`;
    const lockedFirst = `${sentence(words ?? "the account")} is locked. ${message}`;
    const password = await accountPassword(options, locked ? lockedFirst : question);
    // A password from a descriptor is a proof only. A script that wants to unlock uses `unlock`.
    if (locked && options.passwordFd === undefined) await unlockFirst(agent, password, agent.account);
    return await work(agent, password, words);
  } finally {
    agent.close();
  }
}

/** Throws UsageError where this command would work on a person's account although a token is set. */
export function demandPerson(): void {
  if (hasToken(process.env))
    throw new UsageError(
      "this command is a person's, and a service account's token is set",
      "unset POSTERN_SERVICE_ACCOUNT_TOKEN and OP_SERVICE_ACCOUNT_TOKEN to work on your own account",
    );
}
