// Wrong account passwords cause a growing delay, which survives restarts. A try is counted on disk before it is made, so that killing the agent
// during a try gains nothing. All wrong ones count together. The delay of others spares a terminal in which nobody erred, a few times an hour: so the person
// is not kept out by a program, and a program with many terminals gains no more guesses than the longest delay takes away.
import { PosternError } from "../../protocol/errors.ts";
import type { AccountFile } from "./account-file.ts";
import type { TryPlace } from "./try-place.ts";

/** Wrong tries without delay, for slips of the finger. */
export const FREE_TRIES = 3;

/** The longest delay in milliseconds. With the spared tries it allows eleven guesses an hour in all. */
export const DELAY_MS_MAX = 10 * 60_000;

/** Tries in an hour that the delay of others spares: some slips of the finger, and the right one. */
export const SPARED_PER_HOUR = 5;

/** How many of them a terminal may use that is younger than one which used some. A program can open new terminals as it likes. */
export const SPARED_FOR_YOUNGER = 2;

/** Terminals whose wrong tries are remembered one by one. A forgotten one still counts among all. */
export const TERMINALS_MAX = 16;

const HOUR_MS = 60 * 60_000;

/** Milliseconds from a wrong try to the next allowed one, after `wrong` wrong tries: 1 s, doubling, up to 10 min. */
export function delayMs(wrong: number): number {
  if (wrong < FREE_TRIES) return 0;
  return Math.min(DELAY_MS_MAX, 1000 * 2 ** (wrong - FREE_TRIES));
}

type Tries = Pick<AccountFile, "wrongPasswords" | "lastWrongMs" | "terminals" | "spared">;

/** A try that is allowed: whether it is one that the delay of others spares. */
export type Allowed = { readonly isSpared: boolean };

/**
 * Throws tryLater while the delay runs. All times are of the boot clock. Nobody can set it, and a restart of the agent does not change it. A try
 * from before the boot counts as one at its first moment. So the wait is never longer than the delay.
 */
export function demandTry(file: Tries, place: TryPlace, bootMs: number): Allowed {
  const now = sinceBoot(file, bootMs);
  const leftMs = delayMs(now.wrongPasswords) - (bootMs - now.lastWrongMs);
  if (leftMs <= 0) return { isSpared: false };
  const ownMs = ownLeftMs(now, place, bootMs);
  if (ownMs <= 0) return { isSpared: true };
  const seconds = `${Math.ceil(Math.min(leftMs, ownMs) / 1000)} s`;
  throw place === undefined
    ? new PosternError("tryLater", seconds, { hint: "a terminal in which nobody typed a wrong password need not wait" })
    : new PosternError("tryLater", seconds);
}

/** Milliseconds until this place is spared from the delay of others. */
function ownLeftMs({ terminals = [], spared = [] }: Tries, place: TryPlace, bootMs: number): number {
  if (place === undefined) return Number.POSITIVE_INFINITY;
  const own = terminals.find(({ terminal }) => terminal === place.terminal);
  const delayLeftMs = own === undefined ? 0 : delayMs(own.wrong) - (bootMs - own.lastMs);
  const recent = spared.filter(({ ms }) => bootMs - ms < HOUR_MS);
  const isYounger = recent.some(({ sinceTicks }) => sinceTicks < place.sinceTicks);
  const allowed = isYounger ? SPARED_FOR_YOUNGER : SPARED_PER_HOUR;
  const leaves = recent.at(-allowed);
  return Math.max(delayLeftMs, leaves === undefined ? 0 : leaves.ms + HOUR_MS - bootMs);
}

/** The tries in the time of this boot. A time in the future belongs to another boot, or to an older file without the boot clock. */
export function sinceBoot<T extends Tries>(file: T, bootMs: number): T {
  const { terminals, spared } = file;
  return {
    ...(file.lastWrongMs > bootMs ? { ...file, lastWrongMs: 0 } : file),
    ...(terminals === undefined ? {} : { terminals: terminals.filter(({ lastMs }) => lastMs <= bootMs) }),
    ...(spared === undefined ? {} : { spared: spared.map((one) => (one.ms > bootMs ? { ...one, ms: 0 } : one)) }),
  };
}

/**
 * The file with one more wrong try. It is written before the try, and again after a wrong one, with the moment of the answer: on a busy machine, deriving the
 * key takes longer than the first delays, which would then have no effect. A spared try lengthens the delay of others, and does not begin it again.
 */
export function counted(file: AccountFile, place: TryPlace, { isSpared }: Allowed, bootMs: number): AccountFile {
  const ms = Math.floor(bootMs);
  const { terminals = [], spared = [] } = file;
  const all = { ...file, wrongPasswords: file.wrongPasswords + 1, ...(isSpared ? {} : { lastWrongMs: ms }) };
  if (place === undefined) return all;
  const { terminal, sinceTicks } = place;
  const wrong = (terminals.find((one) => one.terminal === terminal)?.wrong ?? 0) + 1;
  const others = terminals.filter((one) => one.terminal !== terminal);
  return {
    ...all,
    terminals: [...others, { terminal, wrong, lastMs: ms }].slice(-TERMINALS_MAX),
    ...(isSpared ? { spared: [...spared, { terminal, sinceTicks, ms }].slice(-SPARED_PER_HOUR) } : {}),
  };
}

/** The file after a right password of this place. The spared tries of others go on counting: a right password gives a program no new ones. */
export function forgiven({ terminals: _erred, spared = [], ...file }: AccountFile, place: TryPlace): AccountFile {
  const others = spared.filter(({ terminal }) => terminal !== place?.terminal);
  return { ...file, wrongPasswords: 0, lastWrongMs: 0, ...(others.length === 0 ? {} : { spared: others }) };
}
