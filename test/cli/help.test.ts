// The help of every command and group: an example that the command line itself takes.
import type { Command } from "commander";
import { expect, test } from "vitest";
import { wordsOf } from "../../clients/cli/context.ts";
import { program } from "../../clients/cli/program.ts";

const below = (command: Command): Command[] => command.commands.flatMap((one) => [one, ...below(one)]);
const all = below(program()).filter((command) => command.name() !== "help");

/** The help as it is printed, with the text behind it. */
function helpOf(command: Command): string {
  let text = "";
  command.configureOutput({ writeOut: (part) => (text += part) });
  command.outputHelp();
  return text;
}

test.each(all.map((command) => [wordsOf(command).join(" "), command] as const))(
  "%s has an example",
  (words, command) => {
    const example = /\nExample:\n {2}\$ (?:[A-Z_]+=\S+ )*(?:.*\| )?postern (.+)\n/.exec(helpOf(command))?.[1] ?? "";
    // A group shows one of its commands. A command shows itself, or its short form.
    const names = [words, ...command.aliases().map((alias) => [...words.split(" ").slice(0, -1), alias].join(" "))];
    expect(names.some((name) => example === name || example.startsWith(`${name} `))).toBe(true);
  },
);
