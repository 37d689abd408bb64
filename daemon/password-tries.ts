// Wrong account passwords: a growing delay, kept over restarts. A try is counted on disk before it is made, so that
// ending the agent in the middle of one gains nothing.
import { PosternError } from "../protocol/errors.ts";
import type { AccountFile } from "./account-file.ts";

/** Wrong tries without delay: a slip or two of the finger. */
export const FREE_TRIES = 3;

/** The longest delay in milliseconds: a person who remembers at last is not shut out for hours. */
export const DELAY_MS_MAX = 5 * 60_000;

/** Milliseconds from a wrong try to the next allowed one, after `wrong` wrong tries: 1 s, doubling, up to 5 min. */
export function delayMs(wrong: number): number {
  if (wrong < FREE_TRIES) return 0;
  return Math.min(DELAY_MS_MAX, 1000 * 2 ** (wrong - FREE_TRIES));
}

/** Throws tryLater while the delay runs. A clock set back does not shorten it: it starts anew. */
export function demandTry(file: Pick<AccountFile, "wrongPasswords" | "lastWrongMs">, nowMs: number): void {
  const sinceMs = nowMs - file.lastWrongMs;
  const leftMs = delayMs(file.wrongPasswords) - Math.max(sinceMs, 0);
  if (leftMs > 0) throw new PosternError("tryLater", `${Math.ceil(leftMs / 1000)} s`);
}

/** The file as it is written before a try. */
export function counted(file: AccountFile, nowMs: number): AccountFile {
  return { ...file, wrongPasswords: file.wrongPasswords + 1, lastWrongMs: nowMs };
}

/**
 * The file after a try that was seen to be wrong. The delay runs from its answer: on a busy machine stretching the password
 * takes longer than the first delays, which would then be none.
 */
export function refused(file: AccountFile, nowMs: number): AccountFile {
  return { ...file, lastWrongMs: nowMs };
}

/** The file after a right password. */
export function forgiven(file: AccountFile): AccountFile {
  return { ...file, wrongPasswords: 0, lastWrongMs: 0 };
}
