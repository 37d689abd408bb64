// Registers a command with the parser, its common options and its terminal. A command is a function of its options. The files in
// commands/ hold these functions and their registration.
import { type Command, Option } from "commander";
import { demandMeaning, takesChosen } from "./agent/account-meaning.ts";
import { accountOption, chosenAccount } from "./agent/chosen-account.ts";
import { namingNextStep } from "./agent/next-step.ts";
import { type Chosen, createTerminal, type Terminal } from "./terminal/terminal.ts";

/** Adds a command with `--account`, `--json` and an example under its help. `run` gets the terminal, the arguments and the options. */
export function addCommand<O extends object>(
  parent: Command,
  usage: string,
  summary: string,
  example: string,
  options: readonly (readonly [string, string])[],
  run: (terminal: Terminal, args: readonly string[], options: O) => Promise<void>,
): Command {
  const command = parent.command(usage).description(summary);
  for (const [flags, what] of options) command.option(flags, what);
  addAccountOption(command);
  command.option("--json", "print the result as JSON");
  command.addHelpText("after", exampleText(example));
  command.action(async (...all: unknown[]) => {
    const parsed = command.opts() as O & { json?: boolean };
    // Given before the command, it is an option of a parent.
    const { json } = command.optsWithGlobals<{ json?: boolean }>();
    const args = all
      .slice(0, -2)
      .flatMap((arg) => (Array.isArray(arg) ? arg : arg === undefined ? [] : [arg])) as string[];
    const chosen = chosenBy(command);
    await namingNextStep(chosen, () => run(createTerminal(json === true, chosen), args, parsed));
  });
  return command;
}

/** Adds a group of commands, with an example under its help. */
export function addGroup(parent: Command, name: string, summary: string, example: string): Command {
  return parent.command(name).description(summary).addHelpText("after", exampleText(example));
}

const exampleText = (example: string): string => `\nExample:\n  $ ${example}\n`;

/** Adds `--account`. Where an account means nothing, the help does not show it, and giving it is refused with a reason. */
export function addAccountOption(command: Command): Command {
  const option = new Option(...accountOption);
  return command.addOption(takesChosen(wordsOf(command)) ? option : option.hideHelp());
}

/** The account that the command works on. Throws UsageError where --account means nothing to it. */
export function chosenBy(command: Command): Chosen | undefined {
  const { account } = command.optsWithGlobals<{ account?: string }>();
  const words = wordsOf(command);
  demandMeaning(words, account);
  return takesChosen(words) ? chosenAccount(account) : undefined;
}

/** The command's words behind `postern`. */
export function wordsOf(command: Command): string[] {
  return command.parent === null ? [] : [...wordsOf(command.parent), command.name()];
}
