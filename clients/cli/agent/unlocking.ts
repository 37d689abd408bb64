// Unlocks an account in passing, for a command that has other work. The agent tells the events since the last unlock only once, so the person
// reads them whatever command unlocks.
import type { Channel } from "../../typescript/channel.ts";
import type { Methods } from "../../typescript/generated.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { onAccount } from "./next-step.ts";

type Unlocked = Methods["session.unlock"]["result"];

/** Unlocks with a typed password. `account` is the name or id of the account; undefined for the default one. */
export async function unlockFirst(
  { channel, tell }: { readonly channel: Channel; readonly tell: (text: string) => void },
  password: string,
  account: string | undefined,
): Promise<void> {
  const named = account === undefined ? {} : { account };
  const unlocked = await channel.call("session.unlock", { ...named, password });
  for (const line of sinceLastUnlock(unlocked, account)) tell(`postern: ${line}`);
}

/** The events that a person should know of, a line each. */
export function sinceLastUnlock(unlocked: Unlocked, account: string | undefined): string[] {
  const { wrongPasswordTries: passwords, wrongPinTries: pins, warnings } = unlocked;
  return [
    ...(passwords > 0 ? [`${tries(passwords, "wrong account password")} since the last unlock`] : []),
    ...(pins > 0 ? [`${tries(pins, "wrong PIN")} since the last unlock`] : []),
    ...warnings.map((line) => onAccount(account, line)),
  ];
}

const tries = (count: number, what: string) => (count === 1 ? `1 ${what} was tried` : `${count} ${what}s were tried`);

/** The lines after an unlock, marked for a person. */
export const marked = (terminal: Pick<Terminal, "bad">, lines: readonly string[]): string[] =>
  lines.map((line) => terminal.bad(`! ${line}`));
