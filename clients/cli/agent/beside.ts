// Adds an account beside an existing one. The default account's password is the proof for it.
import { type Methods, PosternError } from "../../typescript/generated.ts";
import { fromDescriptor } from "../files/secret-input.ts";
import { askSecret, hasTerminal } from "../terminal/ask.ts";
import { LimitUsedUp } from "../terminal/exit-code.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { commandOn } from "./next-step.ts";
import { anotherAccount } from "./of-account.ts";
import type { Agent } from "./session.ts";
import { unlockFirst } from "./unlocking.ts";

type Status = Methods["agent.status"]["result"];
type Proof = NonNullable<Methods["accounts.create"]["params"]["proof"]>;

export type Beside = { defaultPasswordFd?: string };

const OPTION = "--default-password-fd";

export const besideOption = [
  `${OPTION} <n>`,
  "where an account is here already: read the default one's password from this file descriptor, to bring another beside it",
] as const;

const HINT = `\`postern status\` shows it; another one comes beside it with the default account's password (${OPTION} 3), or into another home (POSTERN_HOME), which has another agent`;

/** The proof of the default account, as parameters. Empty where no account is here. Throws accountExists where nobody can be asked. */
export async function besideProof(
  terminal: Terminal,
  agent: Agent,
  status: Pick<Status, "state" | "sessions">,
  { defaultPasswordFd }: Beside,
): Promise<{ proof?: Proof }> {
  if (status.state === "signedOut") return {};
  if (defaultPasswordFd !== undefined) return byPassword(fromDescriptor(defaultPasswordFd, OPTION));
  if (!hasTerminal()) throw anotherAccount(HINT);
  terminal.tell("postern: an account is on this agent already; this brings another one beside it");
  const password = await askSecret(ofDefault(status, "Password of the account that is here already"), OPTION);
  const { sessions } = status;
  const isLocked = (sessions.find((one) => one.default === true) ?? sessions[0])?.state === "locked";
  // Always the default account, whatever account is chosen for other commands.
  if (isLocked) await unlockFirst(agent, password, undefined);
  return byPassword(password);
}

/** The question, for a single account or for the default of several. */
export function ofDefault({ sessions }: Pick<Status, "sessions">, question: string): string {
  return sessions.length > 1 ? "Password of the default account" : question;
}

/** The line after an account came beside another one. Empty where it is the only one. */
export const besideLine = (name: string | undefined): string =>
  name === undefined ? "" : `\nThe default account stays as it was; \`${commandOn(name, "…")}\` works on this one.`;

/** Waits for an account that comes. An agent without a place for it refuses it as a limit that is used up. */
export async function placed<T>(coming: Promise<T>): Promise<T> {
  try {
    return await coming;
  } catch (error) {
    throw error instanceof PosternError && error.errorName === "tooLarge" ? new LimitUsedUp(error) : error;
  }
}

const byPassword = (password: string): { proof: Proof } => ({ proof: { kind: "password", password } });
