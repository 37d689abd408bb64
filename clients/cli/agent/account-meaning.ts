// The commands on which an account means nothing. There --account is refused, since the command would do something else than the person
// asked for. POSTERN_ACCOUNT is set for a whole shell, so those commands do not look at it.
import { UsageError } from "../terminal/exit-code.ts";

type Refusal = { readonly why: string; readonly next: string };

const ALL: Refusal = {
  why: "this command is about the agent with all its accounts",
  next: "leave out --account",
};
const NEW: Refusal = {
  why: "this command brings an account, and works on none that is here",
  next: "leave out --account; the new account comes beside those that are here",
};
const NONE: Refusal = { why: "this command works on no account", next: "leave out --account" };

/** By the command's words. An entry holds for the commands below it too. */
export const withoutAccount: Readonly<Record<string, Refusal>> = {
  status: ALL,
  doctor: ALL,
  agent: ALL,
  app: ALL,
  accounts: ALL,
  "accounts default": {
    why: "this command takes the account as its argument",
    next: "leave out --account: `postern accounts default NAME`",
  },
  start: NEW,
  init: NEW,
  signin: NEW,
  restore: {
    why: "this command brings an account, and --replace-empty takes away the default one",
    next: "leave out --account; `postern accounts default NAME` chooses the default one",
  },
  service: { why: "an account service belongs to no account of this agent", next: "leave out --account" },
  bridge: { why: "the bridge serves every account of every user", next: "leave out --account" },
  approver: { why: "polkit asks for every account of a user's agent", next: "leave out --account" },
  generate: NONE,
  "policy hash": NONE,
  deny: {
    why: "a code names one question, in whatever account it waits",
    next: "leave out --account: `postern deny CODE`",
  },
};

/** The refusal for a command, by its words. Undefined where the command works on the chosen account. */
function refusalOf(words: readonly string[]): Refusal | undefined {
  for (let count = words.length; count > 0; count--) {
    const found = withoutAccount[words.slice(0, count).join(" ")];
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Whether a command works on the chosen account. */
export const takesChosen = (words: readonly string[]): boolean => refusalOf(words) === undefined;

/** Throws UsageError where --account is given and means nothing. */
export function demandMeaning(words: readonly string[], given: string | undefined): void {
  const refusal = given === undefined ? undefined : refusalOf(words);
  if (refusal !== undefined)
    throw new UsageError(`--account means nothing to \`postern ${words.join(" ")}\`: ${refusal.why}`, refusal.next);
}
