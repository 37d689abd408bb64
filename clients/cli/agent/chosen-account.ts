// Which account a command works on: what --account says, or else POSTERN_ACCOUNT. 1Password's OP_ACCOUNT names an account of theirs
// and is left alone. Without either the agent's default account is meant.
import { UsageError } from "../terminal/exit-code.ts";

/** Characters of a name or an id, as the catalogue has them. */
const NAME_LENGTH_MAX = 64;

/** The option as every command has it. */
export const accountOption = ["--account <name>", "the account to work on, by name or id (POSTERN_ACCOUNT)"] as const;

/** The account by name or id; undefined for the default. Throws UsageError where something is given and names none. */
export function chosenAccount(given: string | undefined, env: NodeJS.ProcessEnv = process.env): string | undefined {
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
  return name;
}

/** A name as it stands in a command to run. */
export function quoted(name: string): string {
  return /^[\w.@+-]+$/.test(name) && !name.startsWith("-") ? name : `'${name.replaceAll("'", "'\\''")}'`;
}
