// The words for the account that a command works on. Names are those that the person typed, since the agent tells a command no name unasked.
import type { Channel } from "../../typescript/channel.ts";
import { type Methods, PosternError } from "../../typescript/generated.ts";
import { tableError } from "../../typescript/table-error.ts";
import { oneLine } from "../terminal/terminal.ts";
import { quoted } from "./chosen-account.ts";

type Status = Methods["agent.status"]["result"];

/** The account in a sentence: the chosen name, or "the default account". With a single account, nothing is named. */
export function accountWords(chosen: string | undefined, { sessions }: Pick<Status, "sessions">): string | undefined {
  if (sessions.length < 2) return undefined;
  return chosen === undefined ? "the default account" : `the account ${oneLine(chosen)}`;
}

/** A text with the account that it is about. */
export const withAccount = (text: string, words: string | undefined): string =>
  words === undefined ? text : `${text} of ${words}`;

/** The words at the beginning of a sentence. */
export const sentence = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1);

/** The same error. For a locked account it has the name, where there are several accounts. */
export async function namingAccount(error: unknown, chosen: string | undefined, channel: Channel): Promise<unknown> {
  if (!(error instanceof PosternError) || error.errorName !== "locked") return error;
  const words = accountWords(chosen, await channel.call("agent.status", {}));
  if (words === undefined) return error;
  const { errorName, code } = error;
  const option = chosen === undefined ? "" : ` --account ${quoted(oneLine(chosen))}`;
  return new PosternError(`${words} is locked`, { errorName, code, hint: `run \`postern${option} unlock\`` });
}

/**
 * Whether the account is locked, found out before a person is asked. The agent does not say that about a named account. So this makes a call that
 * needs no person.
 */
export async function isLocked(
  { account, call }: { readonly account: string | undefined; readonly call: Channel["call"] },
  { sessions }: Pick<Status, "sessions">,
): Promise<boolean> {
  const [first] = sessions;
  const states = new Set(sessions.map(({ state }) => state));
  if (states.size < 2) return first?.state === "locked";
  const known = sessions.find((one) => (account === undefined ? one.default === true : one.account === account));
  if (known !== undefined) return known.state === "locked";
  try {
    await call("accounts.list", { noWait: true });
    return false;
  } catch (error) {
    if (error instanceof PosternError) return error.errorName === "locked";
    throw error;
  }
}

/** Throws accountExists with the next steps. */
export function anotherAccount(hint: string): PosternError {
  const { message, code } = tableError("accountExists");
  return new PosternError(message, { errorName: "accountExists", code, hint });
}
