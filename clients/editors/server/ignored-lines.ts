// The comment that silences rules: `postern-lint-ignore`, on the line itself or the line before, with the names of rules or for all of them.
import { type RuleName, rules } from "./rules.ts";

const COMMENT = /postern-lint-ignore(?![\w-])([^\n]{0,200})/g;

/** Whether a rule is silenced on a line, counted from 0. */
export type IsIgnored = (line: number, rule: RuleName) => boolean;

export function ignoredLines(text: string, lineOf: (at: number) => number): IsIgnored {
  const named = new Map<number, readonly string[]>();
  for (const { index, 1: rest = "" } of text.matchAll(COMMENT))
    named.set(
      lineOf(index),
      (rest.match(/[\w-]+/g) ?? []).filter((word) => Object.hasOwn(rules, word)),
    );
  const silences = (line: number, rule: string) => {
    const names = named.get(line);
    return names !== undefined && (names.length === 0 || names.includes(rule));
  };
  return (line, rule) => silences(line, rule) || silences(line - 1, rule);
}
