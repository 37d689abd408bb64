// Folds several acts into one record: equal reads within a few seconds, and refusals with any targets. A folded refusal still names its
// targets while there is room, since `audit --item` must find the refused reads of a secret.
import { isDone, type LogEntry } from "./entry.ts";

/** Different targets in one folded record of refusals: a list that a person reads, and a few KiB of the log. */
export const FOLDED_ABOUT_MAX = 32;

/** Characters of the targets in one folded record: one call about a hundred references, or a few dozen about one each. */
export const FOLDED_LENGTH_MAX = 8 * 1024;

/**
 * Characters of the names in one record: a screen or two. An environment may have 500 variables with names of 256 characters, and may be
 * read often.
 */
export const NAMES_LENGTH_MAX = 16 * 1024;

/** A written record, and the later acts that are only counted so far. */
export type Fold = {
  readonly entry: LogEntry;
  readonly since: number;
  count: number;
  /** The targets of the counted acts, by their text. */
  readonly about: Map<string, Pick<LogEntry, "asked" | "names">>;
  /** Their characters. */
  length: number;
  unnamed: number;
};

export function newFold(entry: LogEntry, since: number): Fold {
  return { entry, since, count: 0, about: new Map(), length: 0, unnamed: 0 };
}

/** Counts one more. */
export function add(fold: Fold, { asked, names, outcome }: LogEntry): void {
  fold.count++;
  // Reads fold only if they are equal in everything.
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

/** The record of the counted acts. */
export function folded({ entry, about, unnamed }: Fold): LogEntry {
  // The record before names its own targets.
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
 * The key by which acts fold. Refusals of all processes of a program fold together. Otherwise a program that forks for each try could push
 * important records out of the log.
 */
export function foldKey({ event, outcome, program, who, ids, names, token }: LogEntry): string {
  const bearer = token?.token;
  return JSON.stringify(
    isDone(outcome) ? [event, outcome, program, who, ids, names, bearer] : [event, outcome, program, bearer],
  );
}

/** The names that fit into a record, and the number of those left out. */
export function namesWithin(names: readonly string[]): { names: readonly string[]; left: number } {
  let length = 0;
  const fitting = names.findIndex((name) => {
    length += name.length;
    return length > NAMES_LENGTH_MAX;
  });
  return fitting === -1 ? { names, left: 0 } : { names: names.slice(0, fitting), left: names.length - fitting };
}
