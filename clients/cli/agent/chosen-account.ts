// The account of a command: the one in --account, or else in POSTERN_ACCOUNT. Without either it is the agent's default account. 1Password's
// OP_ACCOUNT names one of their accounts and is not used.
import { UsageError } from "../terminal/exit-code.ts";
import type { Chosen } from "../terminal/terminal.ts";

/** Characters of a name or an id, as in the catalogue. */
const NAME_LENGTH_MAX = 64;

/** The option, which every command has. */
export const accountOption = ["--account <name>", "the account to work on, by name or id (POSTERN_ACCOUNT)"] as const;

/** The account by name or id. Undefined for the default. Throws UsageError for a text that cannot be a name. */
export function chosenAccount(given: string | undefined, env: NodeJS.ProcessEnv = process.env): Chosen | undefined {
  const source = given === undefined ? "POSTERN_ACCOUNT" : "--account";
  const name = given ?? env.POSTERN_ACCOUNT;
  if (name === undefined) return undefined;
  if (name.trim() === "")
    throw new UsageError(
      `${source} is empty: it names no account`,
      given === undefined
        ? "unset it to work on the default account, or set it to a name"
        : "leave it out to work on the default account",
    );
  if ([...name].length > NAME_LENGTH_MAX)
    throw new UsageError(
      `${source} is longer than ${NAME_LENGTH_MAX} characters, so it names no account`,
      "`postern accounts` lists the accounts of this agent",
    );
  return { name, by: given === undefined ? "variable" : "option" };
}

/** A name in the form for a command line. */
export function quoted(name: string): string {
  return /^[\w.@+-]+$/.test(name) && !name.startsWith("-") ? name : `'${name.replaceAll("'", "'\\''")}'`;
}
