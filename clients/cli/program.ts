// Every command in one parser.
import { Command } from "commander";
import { accountOption } from "./agent/chosen-account.ts";
import { addAccessCommands } from "./commands/access.ts";
import { addAccountCommands } from "./commands/account.ts";
import { addAccountsCommands } from "./commands/accounts.ts";
import { addAgentCommands } from "./commands/agent.ts";
import { addAppCommand } from "./commands/app.ts";
import { addApproverCommands } from "./commands/approver.ts";
import { addAuditCommands } from "./commands/audit.ts";
import { addAuthenticatorCommands } from "./commands/authenticators.ts";
import { addBackupCommands } from "./commands/backup.ts";
import { addBridgeCommands } from "./commands/bridge.ts";
import { addConfigCommands } from "./commands/config.ts";
import { addDeviceCommands } from "./commands/devices.ts";
import { addEnvironmentCommands } from "./commands/environments.ts";
import { addGroupCommands } from "./commands/groups.ts";
import { addImportCommand } from "./commands/import-env.ts";
import { addInjectCommand } from "./commands/inject.ts";
import { addItemCommands } from "./commands/items.ts";
import { addLintCommand } from "./commands/lint.ts";
import { addLspCommand } from "./commands/lsp.ts";
import { addPolicyCommands } from "./commands/policy.ts";
import { addRunCommand } from "./commands/run.ts";
import { addServiceAccountCommands } from "./commands/service-accounts.ts";
import { addShareCommands } from "./commands/shares.ts";
import { addSignOutCommand } from "./commands/signout.ts";
import { addStartCommand } from "./commands/start.ts";
import { addVaultCommands } from "./commands/vaults.ts";
import { addWhoamiCommand } from "./commands/whoami.ts";
import { exitCodes, UsageError } from "./terminal/exit-code.ts";
import { shownLines } from "./terminal/terminal.ts";
import { VERSION } from "./version.ts";

const HELP_HINT = "add --help for the options and an example";

/** Ends a command that only shows its help or its version. */
export class Shown extends Error {
  override readonly name = "Shown";
}

/** With `json`, a mistake in the command line is printed as JSON too. */
export function program(json = false): Command {
  const root = new Command("postern");
  root
    .description("One unlocked session, many processes: a local secrets agent.")
    .version(VERSION)
    .option(accountOption[0], `${accountOption[1]}; the same as behind a command`)
    .option("--json", "print results and errors as JSON: the same as behind a command")
    .enablePositionalOptions()
    .configureOutput(
      json
        ? { writeErr: () => undefined }
        : { outputError: (text, write) => write(`postern: ${shownLines(withoutValues(text)).join("\n")}`) },
    )
    .showHelpAfterError(`(${HELP_HINT})`)
    .addHelpText("after", "\nExample:\n  $ postern read op://Demo/DATABASE_URL/password\n")
    .exitOverride((error) => {
      // No exit here, since the output may still fail to be written.
      if (error.exitCode === 0) throw new Shown();
      if (!json) process.exit(exitCodes.usage);
      throw new UsageError(withoutValues(error.message).trimEnd(), HELP_HINT);
    });
  addStartCommand(root);
  addAccountCommands(root);
  addAccountsCommands(root);
  addConfigCommands(root);
  addApproverCommands(root);
  addDeviceCommands(root);
  addAuthenticatorCommands(root);
  addSignOutCommand(root);
  addWhoamiCommand(root);
  addItemCommands(root);
  addVaultCommands(root);
  addShareCommands(root);
  addBackupCommands(root);
  addRunCommand(root);
  addImportCommand(root);
  addEnvironmentCommands(root);
  addInjectCommand(root);
  addLintCommand(root);
  addLspCommand(root);
  addGroupCommands(root);
  addServiceAccountCommands(root);
  addAccessCommands(root);
  addPolicyCommands(root);
  addAppCommand(root);
  addAuditCommands(root);
  addAgentCommands(root);
  addBridgeCommands(root);
  return root;
}

/**
 * The parser's message without the words that it quotes. A person may write `password=…` in a wrong place by mistake. Printing it would
 * put the password into a log too.
 */
export function withoutValues(complaint: string): string {
  return complaint
    .replace(/^error: /, "")
    .replace(/(but got \d+): .*/s, "$1.\n")
    .replace(/(unknown option '[^'=]*)=.*'/s, "$1=…'")
    .replace(/(argument) '.*' (is invalid)/s, "$1 $2");
}
