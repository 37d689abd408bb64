// The idle lock as people type and read it: after ten minutes or eight hours without use the account locks by itself.
import type { Methods } from "../../typescript/generated.ts";
import { askOne } from "../terminal/ask.ts";
import { UsageError } from "../terminal/exit-code.ts";

export type IdleLock = Methods["accounts.setIdleLock"]["params"]["idleLock"];

/** In the order in which a person chooses among them. The first is preselected. */
const choices: readonly { readonly typed: string; readonly value: IdleLock; readonly words: string }[] = [
  { typed: "10m", value: "tenMinutes", words: "10 minutes" },
  { typed: "8h", value: "eightHours", words: "8 hours" },
];

export const IDLE_LOCKS = choices.map(({ typed }) => typed).join("|");

/** Reads `10m` or `8h`. Throws UsageError for anything else. `given` says where it stood. */
export function parseIdleLock(typed: string, given: string): IdleLock {
  const found = choices.find((choice) => choice.typed === typed.trim().toLowerCase());
  if (found !== undefined) return found.value;
  throw new UsageError(`${given} takes ${choices.map((choice) => choice.typed).join(" or ")}`, `for one, ${given} 8h`);
}

/** The words for it. Those of the wire where a newer agent knows another one. */
export const idleLockWords = (idleLock: IdleLock): string =>
  choices.find(({ value }) => value === idleLock)?.words ?? idleLock;

/** Lets a person choose at the terminal. */
export function askIdleLock(): Promise<IdleLock> {
  return askOne(
    "Lock the account after how long without use?",
    choices.map(({ value, words }) => ({ value, label: words })),
    "--idle-lock",
  );
}
