// The wrong account passwords in a log. The account's file counts them too, and any program of the user can change that file. So the log is asked at the
// first unlock after a start: the agent has the file's count in memory until it ends.
import type { LogEntry } from "./entry.ts";
import { recordsSince } from "./proof.ts";

/** The event of a password that was checked, beside the record of the call that it came with. */
export const WRONG_TRY = "proof.password";

/** The outcomes that the account's file counts as wrong tries. */
const counted: ReadonlySet<string> = new Set(["wrongPassword", "proofRefused", "deviceRemoved", "restoreUnfinished"]);

/** Whether it is a password that was checked and found wrong. Their delay bounds them. */
export function isWrongTry({ event, outcome }: Pick<LogEntry, "event" | "outcome">): boolean {
  return event === WRONG_TRY && counted.has(outcome);
}

/** The number of them after record `seq`. */
export function wrongTriesSince(folder: string, seq: number): number {
  const own = recordsSince(folder, seq).filter((record) => record.leftSeq === undefined && isWrongTry(record));
  return own.reduce((sum, { count }) => sum + count, 0);
}
