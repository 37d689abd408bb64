// signout: removes the account from this machine, and this machine from the account's list of devices.
import type { Command } from "commander";
import type { Methods } from "../../typescript/generated.ts";
import { onAccount } from "../agent/next-step.ts";
import { accountWords, withAccount } from "../agent/of-account.ts";
import { connect } from "../agent/session.ts";
import { noAccount } from "../agent/unfinished-restore.ts";
import { demandPerson } from "../agent/with-password.ts";
import { addCommand } from "../context.ts";
import { accountPassword, passwordFd } from "../files/secret-input.ts";
import { demandYes } from "../terminal/ask.ts";
import type { Terminal } from "../terminal/terminal.ts";

type Status = Methods["agent.status"]["result"];
type Removed = Methods["accounts.remove"]["result"];
type Options = { passwordFd?: string; yes?: boolean; withLog?: boolean };

async function signOut(terminal: Terminal, options: Options): Promise<void> {
  demandPerson();
  const agent = await connect(terminal);
  try {
    // Checked before the first question, since there may be no account.
    const status = await agent.call("agent.status", {});
    if (status.state === "signedOut") throw noAccount(status);
    const words = leavingWords(agent.account, status);
    const before = defaultOf(status);
    if (options.yes !== true) warn(terminal, options.withLog === true, { account: agent.account, words });
    await demandYes(options, `${withAccount("Sign out", words)}?`, "nothing was changed");
    const password = await accountPassword(options, withAccount("Account password", words));
    const removed = await agent.call("accounts.remove", {
      // The account that the person was shown, even if another one became the default meanwhile.
      ...(agent.account === undefined && before !== undefined ? { account: before } : {}),
      ...{ password, ...withLog(options) },
    });
    // Only our own command may see ids of other accounts.
    const now = defaultOf(await agent.call("agent.status", {}));
    const result = { ...removed, ...(now === undefined ? {} : { default: now }) };
    terminal.result(result, () => told(terminal, result, { words, before }));
  } finally {
    agent.close();
  }
}

const withLog = (options: Options) => (options.withLog === true ? { withLog: true } : {});

/** A single account is the default without being marked as such. */
const defaultOf = ({ sessions }: Status) => (sessions.find((one) => one.default === true) ?? sessions[0])?.account;

/** The account that goes, where there are several. A person may not know which one is the default, so its id is added. */
function leavingWords(account: string | undefined, status: Status): string | undefined {
  const words = accountWords(account, status);
  const id = defaultOf(status);
  return account === undefined && words !== undefined && id !== undefined ? `${words} (${id})` : words;
}

function warn(
  terminal: Terminal,
  alsoLog: boolean,
  { account, words = "the account" }: { account: string | undefined; words: string | undefined },
): void {
  const what = alsoLog ? "Keys, approvals and the audit log" : "Keys and approvals";
  terminal.tell(`${what} of ${words} go from this machine. Without its emergency kit nobody, you included,`);
  terminal.tell(onAccount(account, "opens it again here: `postern kit --out-file kit.txt` writes it once more."));
}

function told(
  terminal: Terminal,
  { account, device, deviceRemoved, logKept, default: now }: Removed & { default?: string },
  { words, before }: { words: string | undefined; before: string | undefined },
): string {
  const log = logKept ? "its log, sealed, stays here for then" : "its log is deleted";
  const lines = [`${withAccount("Signed out", words)}. \`postern signin --kit FILE\` brings the account back; ${log}.`];
  if (account === before && now !== undefined)
    lines.push(
      `The account ${now} is the default now, for commands without --account. \`postern accounts default NAME\` chooses another.`,
    );
  if (!deviceRemoved)
    lines.push(
      terminal.bad(`! The service could not be told: on another machine run \`postern devices remove ${device}\`.`),
    );
  return lines.join("\n");
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
