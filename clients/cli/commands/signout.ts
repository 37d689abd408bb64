// signout: removes the account from this machine, and this machine from the account's list of devices.
import type { Command } from "commander";
import type { Methods } from "../../typescript/generated.ts";
import { accountWords } from "../agent/of-account.ts";
import { connect } from "../agent/session.ts";
import { noAccount } from "../agent/unfinished-restore.ts";
import { demandPerson } from "../agent/with-password.ts";
import { addCommand } from "../context.ts";
import { accountPassword, passwordFd } from "../files/secret-input.ts";
import { demandYes } from "../terminal/ask.ts";
import type { Terminal } from "../terminal/terminal.ts";

type Options = { passwordFd?: string; yes?: boolean; withLog?: boolean };

async function signOut(terminal: Terminal, options: Options): Promise<void> {
  demandPerson();
  const agent = await connect(terminal);
  try {
    // Checked before the first question, since there may be no account.
    const status = await agent.call("agent.status", {});
    if (status.state === "signedOut") throw noAccount(status);
    if (options.yes !== true) warn(terminal, options.withLog === true);
    await demandYes(options, "Sign out?", "nothing was changed");
    const words = accountWords(agent.account, status);
    const password = await accountPassword(options, `Account password${words === undefined ? "" : ` of ${words}`}`);
    const removed = await agent.call("accounts.remove", { password, ...withLog(options) });
    terminal.result(removed, () => told(terminal, removed));
  } finally {
    agent.close();
  }
}

const withLog = (options: Options) => (options.withLog === true ? { withLog: true } : {});

function warn(terminal: Terminal, alsoLog: boolean): void {
  const what = alsoLog ? "Keys, approvals and the audit log" : "Keys and approvals";
  terminal.tell(`${what} of the account go from this machine. Without its emergency kit nobody,`);
  terminal.tell("you included, opens it again here: `postern kit --out-file kit.txt` writes it once more.");
}

function told(terminal: Terminal, { device, deviceRemoved, logKept }: Methods["accounts.remove"]["result"]): string {
  const log = logKept ? "its log, sealed, stays here for then" : "its log is deleted";
  const done = `Signed out. \`postern signin --kit FILE\` brings the account back; ${log}.`;
  if (deviceRemoved) return done;
  return `${done}\n${terminal.bad(`! The service could not be told: on another machine run \`postern devices remove ${device}\`.`)}`;
}

export function addSignOutCommand(program: Command): void {
  addCommand<Options>(
    program,
    "signout",
    "take the account off this machine; its emergency kit and password bring it back",
    "postern signout",
    [["--with-log", "delete the account's audit log on this machine too"], passwordFd, ["--yes", "do not ask"]],
    (terminal, _args, options) => signOut(terminal, options),
  );
}
