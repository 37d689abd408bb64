// The changes of a text that mend a finding: the title that was nearly right, the prefix that was nearly right, and the comment that silences.

import type { PlacedReference } from "./judge-text.ts";
import { type KnownNames, nearTitle } from "./known-names.ts";
import type { RuleName } from "./rules.ts";

/** Replaces what stands from `at` to `end`. */
export type Fix = { readonly title: string; readonly at: number; readonly end: number; readonly text: string };

/** The characters that a part of a reference can have. */
const LEGAL = /^[A-Za-z0-9 \-_.]+$/;

/** Writes the item that the reference nearly names. */
export function nearFix({ at, reference }: PlacedReference, names: KnownNames): Fix | undefined {
  const { vault, item } = reference;
  const known = names.get(vault);
  const near = known?.kind === "found" ? nearTitle(item, known.items) : undefined;
  if (near === undefined || !LEGAL.test(near) || (near.includes(" ") && !item.includes(" "))) return undefined;
  const from = at + "op://".length + vault.length + "/".length;
  return { title: `Write ${near}`, at: from, end: from + item.length, text: near };
}

const NEARLY_PREFIX = /^op(?::\/{1,2}|\/\/|:[ \t]\/\/)/i;

/** Writes the prefix of a text that looks like a reference. */
export function prefixFix(text: string, at: number): Fix | undefined {
  const [nearly] = NEARLY_PREFIX.exec(text.slice(at, at + 8)) ?? [];
  return nearly === undefined ? undefined : { title: "Write op://", at, end: at + nearly.length, text: "op://" };
}

/** How a line of comment begins and ends, by the ends of file names. JSON has none. */
const comments: readonly (readonly [RegExp, string, string])[] = [
  [/\.(?:[cm]?[jt]sx?|go|java|rs|c|h|cc|cpp|cs|swift|kt|jsonc|scss|php)$/, "// ", ""],
  [/\.(?:md|html?|xml|svg|vue)$/, "<!-- ", " -->"],
  [/\.json$/, "", ""],
  [/(?:)/, "# ", ""],
];

/** Puts the comment that silences a rule on a line of its own, before the line of the finding. */
export function ignoreFix(text: string, at: number, path: string, rule: RuleName): Fix | undefined {
  const [, before = "", behind = ""] = comments.find(([ends]) => ends.test(path)) ?? [];
  if (before === "") return undefined;
  const start = Math.max(text.lastIndexOf("\n", at - 1), text.lastIndexOf("\r", at - 1)) + 1;
  const [blanks = ""] = /^[ \t]*/.exec(text.slice(start, at)) ?? [];
  const line = `${blanks}${before}postern-lint-ignore ${rule}${behind}${text.includes("\r\n") ? "\r\n" : "\n"}`;
  return { title: `Ignore ${rule} here`, at: start, end: start, text: line };
}
