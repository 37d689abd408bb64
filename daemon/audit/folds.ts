// What folds into one record: equal reads within a few seconds, and refusals whatever they were about. A refusal that folds
// still says what was asked for, as far as there is room: who was refused a secret must be found by that secret.
import { isDone, type LogEntry } from "./entry.ts";

/** Different things that one folded record of refusals names; a person's list of them, and a few KiB of the log. */
export const FOLDED_ABOUT_MAX = 32;

/** Characters of what one folded record of refusals names: a call about a hundred references, or a few dozen about one each. */
export const FOLDED_LENGTH_MAX = 8 * 1024;

/**
 * Characters of the names in one record: a screen or two. An environment may have 500 variables with names of 256
 * characters each, and is read again and again.
 */
export const NAMES_LENGTH_MAX = 16 * 1024;

/** One record that was written, and what came after it and is only counted so far. */
export type Fold = {
  readonly entry: LogEntry;
  readonly since: number;
  count: number;
  /** What the counted ones were about, by its text. */
  readonly about: Map<string, Pick<LogEntry, "asked" | "names">>;
  /** Characters of it. */
  length: number;
  unnamed: number;
};

export function newFold(entry: LogEntry, since: number): Fold {
  return { entry, since, count: 0, about: new Map(), length: 0, unnamed: 0 };
}

/** Counts one more. */
export function add(fold: Fold, { asked, names, outcome }: LogEntry): void {
  fold.count++;
  // Reads fold only where all of it is equal.
  if (isDone(outcome) || (asked === undefined && names === undefined)) return;
  const key = JSON.stringify([asked, names]);
  if (fold.about.has(key)) return;
  if (fold.about.size >= FOLDED_ABOUT_MAX || fold.length + key.length > FOLDED_LENGTH_MAX) {
    fold.unnamed++;
    return;
  }
  fold.length += key.length;
  fold.about.set(key, {
    ...(asked === undefined ? {} : { asked }),
    ...(names === undefined ? {} : { names }),
  });
}

/** The record of those that were counted. */
export function folded({ entry, about, unnamed }: Fold): LogEntry {
  // What the record before this one was about is told there.
  const { asked: _asked, names: _names, ...rest } = entry;
  if (about.size === 0) return unnamed === 0 ? entry : { ...rest, unnamed };
  const all = [...about.values()];
  return {
    ...entry,
    asked: all.flatMap(({ asked = [] }) => asked),
    names: all.flatMap(({ names = [] }) => names),
    ...(unnamed === 0 ? {} : { unnamed: unnamed }),
  };
}

/**
 * What folds into one record. Refusals fold whoever was refused: a program that forks for each try would else push what
 * matters out of the log.
 */
export function foldKey({ event, outcome, program, who, ids, names, token }: LogEntry): string {
  const bearer = token?.token;
  return JSON.stringify(
    isDone(outcome) ? [event, outcome, program, who, ids, names, bearer] : [event, outcome, program, bearer],
  );
}

/** The names that a record has room for, and how many it leaves out. */
export function namesWithin(names: readonly string[]): { names: readonly string[]; left: number } {
  let length = 0;
  const fitting = names.findIndex((name) => {
    length += name.length;
    return length > NAMES_LENGTH_MAX;
  });
  return fitting === -1 ? { names, left: 0 } : { names: names.slice(0, fitting), left: names.length - fitting };
}
