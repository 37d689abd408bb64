// A finding with its file, and its place as people count: from 1, in UTF-16 units. These fields are the command's JSON.
import { type KnownNames, nameFault } from "../../editors/server/known-names.ts";
import { type Finding, type RuleName, rules } from "../../editors/server/rules.ts";
import type { JudgedFile } from "./judged-files.ts";

export type PlacedFinding = {
  readonly path: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
  readonly rule: RuleName;
  readonly level: "error" | "warning";
  readonly message: string;
  readonly next: string;
  readonly kind?: string;
};

/** All findings of a file, in order: those of the text, and those of the names that are known. */
export function placedFindings({ path, judged }: JudgedFile, names: KnownNames): PlacedFinding[] {
  const { findings, references, isIgnored, lines } = judged;
  const compared = references.flatMap(({ at, end, reference }): Finding[] => {
    const fault = nameFault(reference, names);
    return fault === undefined || isIgnored(at, fault.rule) ? [] : [{ ...fault, at, end }];
  });
  return [...findings, ...compared]
    .sort((a, b) => a.at - b.at)
    .map(({ at, end, rule, message, next, kind }) => {
      const [from, to] = [lines.positionOf(at), lines.positionOf(end)];
      return {
        path,
        line: from.line + 1,
        column: from.character + 1,
        endLine: to.line + 1,
        endColumn: to.character + 1,
        rule,
        level: rules[rule].level,
        message,
        next,
        ...(kind === undefined ? {} : { kind }),
      };
    });
}
