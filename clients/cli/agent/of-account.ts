// How a command speaks of the account that it works on. Names are the person's own words: the agent tells a command no name unasked.
import type { Channel } from "../../typescript/channel.ts";
import { type Methods, PosternError } from "../../typescript/generated.ts";
import { tableError } from "../../typescript/table-error.ts";
import { oneLine } from "../terminal/terminal.ts";
import { quoted } from "./chosen-account.ts";

type Status = Methods["agent.status"]["result"];

/** The account as a sentence names it: by what was chosen, or as the default. Where there is one alone nothing is named. */
export function accountWords(chosen: string | undefined, { sessions }: Pick<Status, "sessions">): string | undefined {
  if (sessions.length < 2) return undefined;
  return chosen === undefined ? "the default account" : `the account ${oneLine(chosen)}`;
}

/** The words as a sentence begins with them. */
export const sentence = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1);

/** The same error; of a locked account with its name, where there are several. */
export async function namingAccount(error: unknown, chosen: string | undefined, channel: Channel): Promise<unknown> {
  if (!(error instanceof PosternError) || error.errorName !== "locked") return error;
  const words = accountWords(chosen, await channel.call("agent.status", {}));
  if (words === undefined) return error;
  const { errorName, code } = error;
  const option = chosen === undefined ? "" : ` --account ${quoted(oneLine(chosen))}`;
  return new PosternError(`${words} is locked`, { errorName, code, hint: `run \`postern${option} unlock\`` });
}

/**
 * Whether the account is locked, before anything is asked of a person. By its name the agent tells that to nobody unasked, so it is
 * found out by a call that needs no answer of a person.
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

/** Throws accountExists, with the ways to go on. */
export function anotherAccount(hint: string): PosternError {
  const { message, code } = tableError("accountExists");
  return new PosternError(message, { errorName: "accountExists", code, hint });
}
