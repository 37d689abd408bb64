// Registers a command with the parser, its common options and its terminal. A command is a function of its options. The files in
// commands/ hold these functions and their registration.
import type { Command } from "commander";
import { accountOption, chosenAccount } from "./agent/chosen-account.ts";
import { createTerminal, type Terminal } from "./terminal/terminal.ts";

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
  command.option(...accountOption);
  command.option("--json", "print the result as JSON");
  command.addHelpText("after", `\nExample:\n  $ ${example}\n`);
  command.action(async (...all: unknown[]) => {
    const parsed = command.opts() as O & { json?: boolean };
    // Given before the command, it is an option of a parent.
    const { json, account } = command.optsWithGlobals<{ json?: boolean; account?: string }>();
    const args = all
      .slice(0, -2)
      .flatMap((arg) => (Array.isArray(arg) ? arg : arg === undefined ? [] : [arg])) as string[];
    await run(createTerminal(json === true, chosenAccount(account)), args, parsed);
  });
  return command;
}
