// unlock and lock: opens an account with its password, and wipes its keys.
import type { Command } from "commander";
import type { Methods } from "../../typescript/generated.ts";
import { accountWords, withAccount } from "../agent/of-account.ts";
import { connect } from "../agent/session.ts";
import { noAccount } from "../agent/unfinished-restore.ts";
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
    terminal.result(unlocked, () => unlockedText(terminal, unlocked, words));
  } finally {
    agent.close();
  }
}

function unlockedText(
  terminal: Terminal,
  unlocked: Methods["session.unlock"]["result"],
  words: string | undefined,
): string {
  const tries = [
    ...(unlocked.wrongPasswordTries > 0
      ? [`${unlocked.wrongPasswordTries} wrong account passwords were tried since the last unlock`]
      : []),
    ...(unlocked.wrongPinTries > 0 ? [`${unlocked.wrongPinTries} wrong PINs were tried since the last unlock`] : []),
  ];
  const done = words === undefined ? "Unlocked." : `Unlocked: ${words}.`;
  return [done, ...[...tries, ...unlocked.warnings].map((line) => terminal.bad(`! ${line}`))].join("\n");
}

const UNRECORDED =
  "postern: it is locked, but the audit log has no record of it: the disk took nothing\n  next: make room on the disk of the data folder";

async function lock(terminal: Terminal): Promise<void> {
  const agent = await connect(terminal, "person");
  const { unrecorded } = await agent.call("session.lock", {}).finally(() => agent.close());
  const which = terminal.account === undefined ? "Locked." : `Locked: ${oneLine(terminal.account)}.`;
  terminal.result({ locked: true, ...(unrecorded ? { unrecorded } : {}) }, () => which);
  if (unrecorded) terminal.tell(UNRECORDED);
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
  addCommand(program, "lock", "lock: wipe the keys, end every grant", "postern lock", [], lock);
}
