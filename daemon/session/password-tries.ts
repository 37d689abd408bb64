// Wrong account passwords: a growing delay, kept over restarts. A try is counted on disk before it is made, so that
// ending the agent in the middle of one gains nothing.
import { PosternError } from "../../protocol/errors.ts";
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

type Tries = Pick<AccountFile, "wrongPasswords" | "lastWrongMs">;

/**
 * Throws tryLater while the delay runs. All times are of the boot clock, which nobody sets and which an agent's restart does
 * not touch. A try from before the boot is one of its first moment at the latest, so the wait is never longer than the delay.
 */
export function demandTry(file: Tries, bootMs: number): void {
  const sinceMs = bootMs - sinceBoot(file, bootMs).lastWrongMs;
  const leftMs = delayMs(file.wrongPasswords) - sinceMs;
  if (leftMs > 0) throw new PosternError("tryLater", `${Math.ceil(leftMs / 1000)} s`);
}

/** The tries as this boot counts their time: a moment that has not come is of another boot, or of a file of before the boot clock. */
export function sinceBoot<T extends Tries>(file: T, bootMs: number): T {
  return file.lastWrongMs > bootMs ? { ...file, lastWrongMs: 0 } : file;
}

/** The file as it is written before a try. */
export function counted(file: AccountFile, bootMs: number): AccountFile {
  return { ...file, wrongPasswords: file.wrongPasswords + 1, lastWrongMs: Math.floor(bootMs) };
}

/**
 * The file after a try that was seen to be wrong. The delay runs from its answer: on a busy machine stretching the password
 * takes longer than the first delays, which would then be none.
 */
export function refused(file: AccountFile, bootMs: number): AccountFile {
  return { ...file, lastWrongMs: Math.floor(bootMs) };
}

/** The file after a right password. */
export function forgiven(file: AccountFile): AccountFile {
  return { ...file, wrongPasswords: 0, lastWrongMs: 0 };
}
