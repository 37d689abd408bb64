// The idle lock as people type and read it: the account locks by itself after ten minutes or eight hours without use, or with the screen.
import type { Methods } from "../../typescript/generated.ts";
import { askOne } from "../terminal/ask.ts";
import { UsageError } from "../terminal/exit-code.ts";

export type IdleLock = Methods["accounts.setIdleLock"]["params"]["idleLock"];

/** In the order in which a person chooses among them. The first is preselected. */
const choices: readonly { typed: string; value: IdleLock; words: string; locks: string }[] = [
  { typed: "10m", value: "tenMinutes", words: "10 minutes", locks: "locks after 10 minutes without use" },
  { typed: "8h", value: "eightHours", words: "8 hours", locks: "locks after 8 hours without use" },
  { typed: "screen", value: "screenLock", words: "the lock of the screen", locks: "locks with the screen" },
];

export const IDLE_LOCKS = choices.map(({ typed }) => typed).join("|");

/** Reads `10m`, `8h` or `screen`. Throws UsageError for anything else. `given` says where it stood. */
export function parseIdleLock(typed: string, given: string): IdleLock {
  const found = choices.find((choice) => choice.typed === typed.trim().toLowerCase());
  if (found !== undefined) return found.value;
  throw new UsageError(`${given} takes 10m, 8h or screen`, `for one, ${given} 8h`);
}

/** The words for it. Those of the wire where a newer agent knows another one. */
export const idleLockWords = (idleLock: IdleLock): string =>
  choices.find(({ value }) => value === idleLock)?.words ?? idleLock;

/** When the account locks, behind the name of an account. */
export const lockingWords = (idleLock: IdleLock): string =>
  choices.find(({ value }) => value === idleLock)?.locks ?? `locks by ${idleLock}`;

/** Says that an open account whose person chose the screen locks after a time, since the agent hears of no screen at the moment. */
export const unheardScreenLines = ({ hearsScreen, sessions }: Heard): string[] =>
  hearsScreen !== true && sessions.some(({ state, idleLock }) => state === "unlocked" && idleLock === "screenLock")
    ? ["the agent does not hear when the screen is locked, so an account that locks with it locks after 10 minutes too"]
    : [];

type Heard = Pick<Methods["agent.status"]["result"], "hearsScreen"> & {
  readonly sessions: readonly Pick<Methods["agent.status"]["result"]["sessions"][number], "state" | "idleLock">[];
};

/** Lets a person choose at the terminal. The screen is offered where the agent hears of it. */
export function askIdleLock(hearsScreen: boolean): Promise<IdleLock> {
  const offered = choices.filter(({ value }) => value !== "screenLock" || hearsScreen);
  return askOne(
    "Lock the account after how long without use?",
    offered.map(({ value, words }) => ({ value, label: value === "screenLock" ? "when the screen is locked" : words })),
    "--idle-lock",
  );
}
