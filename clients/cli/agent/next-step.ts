// The commands that a text advises, such as `postern unlock`. Without the chosen account in them, they would work on the default one.
import { type Chosen, oneLine } from "../terminal/terminal.ts";
import { takesChosen } from "./account-meaning.ts";
import { quoted } from "./chosen-account.ts";
import { hasToken } from "./token.ts";

/** A command between backticks that names no account yet. */
const ADVISED = /`postern (?!-)([^`]+)`/g;

/** A command with the account in it. */
export function commandOn(account: string | undefined, words: string): string {
  return account === undefined ? `postern ${words}` : `postern --account ${quoted(oneLine(account))} ${words}`;
}

/** The text with `--account NAME` in each advised command that works on an account. */
export function onAccount(account: string | undefined, text: string): string {
  if (account === undefined) return text;
  return text.replaceAll(ADVISED, (whole: string, command: string) =>
    takesChosen(command.split(" ")) ? `\`${commandOn(account, command)}\`` : whole,
  );
}

/** Does the work of a command. The next step of its error names the chosen account. */
export async function namingNextStep<T>(chosen: Chosen | undefined, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    // A variable gives way to a token. So the command did not work on the account.
    const worked = chosen !== undefined && !(chosen.by === "variable" && hasToken(process.env));
    if (worked && error instanceof Error && "hint" in error && typeof error.hint === "string")
      Object.defineProperty(error, "hint", { value: onAccount(chosen.name, error.hint) });
    throw error;
  }
}
