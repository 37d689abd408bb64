// unlock and lock: opens an account with its password, and wipes its keys.
import type { Command } from "commander";
import type { Methods } from "../../typescript/generated.ts";
import { accountWords, withAccount } from "../agent/of-account.ts";
import { connect } from "../agent/session.ts";
import { noAccount } from "../agent/unfinished-restore.ts";
import { marked, sinceLastUnlock } from "../agent/unlocking.ts";
import { addCommand } from "../context.ts";
import { accountPassword, passwordFd } from "../files/secret-input.ts";
import { oneLine, type Terminal } from "../terminal/terminal.ts";

async function unlock(terminal: Terminal, options: { passwordFd?: string }): Promise<void> {
  const agent = await connect(terminal, "person");
  try {
    const status = await agent.call("agent.status", {});
    // Checked first, so that nobody types a password for a missing account. Whether a name is here is told after the password only.
    if (status.state === "signedOut") throw noAccount(status);
    const words = accountWords(agent.account, status);
    const password = await accountPassword(options, withAccount("Account password", words));
    const unlocked = await agent.call("session.unlock", { password });
    terminal.result(unlocked, () => unlockedText(terminal, unlocked, { words, account: agent.account }));
  } finally {
    agent.close();
  }
}

function unlockedText(
  terminal: Terminal,
  unlocked: Methods["session.unlock"]["result"],
  { words, account }: { words: string | undefined; account: string | undefined },
): string {
  const done = words === undefined ? "Unlocked." : `Unlocked: ${words}.`;
  return [done, ...marked(terminal, sinceLastUnlock(unlocked, account))].join("\n");
}

const UNRECORDED =
  "postern: it is locked, but the audit log has no record of it: the disk took nothing\n  next: make room on the disk of the data folder";

async function lock(terminal: Terminal): Promise<void> {
  const agent = await connect(terminal, "person");
  try {
    const { unrecorded } = await agent.call("session.lock", {});
    const { sessions } = await agent.call("agent.status", {});
    terminal.result({ locked: true, ...(unrecorded ? { unrecorded } : {}) }, () => lockedText(terminal, sessions));
    if (unrecorded) terminal.tell(UNRECORDED);
  } finally {
    agent.close();
  }
}

function lockedText({ account }: Terminal, sessions: Methods["agent.status"]["result"]["sessions"]): string {
  if (account === undefined) return sessions.length < 2 ? "Locked." : `Locked: all ${sessions.length} accounts.`;
  const open = sessions.filter(({ state }) => state === "unlocked").length;
  const others = `${open === 1 ? "Another account is" : `${open} other accounts are`} still unlocked`;
  const hint = "`postern lock` locks them all, without --account and POSTERN_ACCOUNT";
  return [`Locked: ${oneLine(account)}.`, ...(open === 0 ? [] : [`${others}; ${hint}.`])].join("\n");
}

export function addLockingCommands(program: Command): void {
  addCommand<{ passwordFd?: string }>(
    program,
    "unlock",
    "unlock the account with its password",
    "postern unlock",
    [passwordFd],
    (terminal, _args, options) => unlock(terminal, options),
  );
  addCommand(
    program,
    "lock",
    "lock all accounts, or the one that is named: wipe their keys, end their grants",
    "postern lock",
    [],
    lock,
  );
}
