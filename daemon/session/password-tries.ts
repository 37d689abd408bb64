// Wrong account passwords cause a growing delay, which survives restarts. A try is counted on disk before it is made, so that killing the agent
// during a try gains nothing.
import { PosternError } from "../../protocol/errors.ts";
import type { AccountFile } from "./account-file.ts";

/** Wrong tries without delay, for slips of the finger. */
export const FREE_TRIES = 3;

/** The longest delay in milliseconds. A person who remembers the password at last does not wait for hours. */
export const DELAY_MS_MAX = 5 * 60_000;

/** Milliseconds from a wrong try to the next allowed one, after `wrong` wrong tries: 1 s, doubling, up to 5 min. */
export function delayMs(wrong: number): number {
  if (wrong < FREE_TRIES) return 0;
  return Math.min(DELAY_MS_MAX, 1000 * 2 ** (wrong - FREE_TRIES));
}

type Tries = Pick<AccountFile, "wrongPasswords" | "lastWrongMs">;

/**
 * Throws tryLater while the delay runs. All times are of the boot clock. Nobody can set it, and a restart of the agent does not change it. A try
 * from before the boot counts as one at its first moment. So the wait is never longer than the delay.
 */
export function demandTry(file: Tries, bootMs: number): void {
  const sinceMs = bootMs - sinceBoot(file, bootMs).lastWrongMs;
  const leftMs = delayMs(file.wrongPasswords) - sinceMs;
  if (leftMs > 0) throw new PosternError("tryLater", `${Math.ceil(leftMs / 1000)} s`);
}

/** The tries in the time of this boot. A time in the future belongs to another boot, or to an older file without the boot clock. */
export function sinceBoot<T extends Tries>(file: T, bootMs: number): T {
  return file.lastWrongMs > bootMs ? { ...file, lastWrongMs: 0 } : file;
}

/** The file before a try. */
export function counted(file: AccountFile, bootMs: number): AccountFile {
  return { ...file, wrongPasswords: file.wrongPasswords + 1, lastWrongMs: Math.floor(bootMs) };
}

/**
 * The file after a wrong try. The delay runs from the answer. On a busy machine, deriving the key takes longer than the first delays, which
 * would then have no effect.
 */
export function refused(file: AccountFile, bootMs: number): AccountFile {
  return { ...file, lastWrongMs: Math.floor(bootMs) };
}

/** The file after a right password. */
export function forgiven(file: AccountFile): AccountFile {
  return { ...file, wrongPasswords: 0, lastWrongMs: 0 };
}
