// Judges one text: its references by their form, and what stands in clear. References of right form are handed on, to be compared with the names that
// a person allows.
import type { SecretReference } from "../../typescript/generated-reference.ts";
import { ignoredLines } from "./ignored-lines.ts";
import { isFault, readReference } from "./reference-fault.ts";
import { almostPlaces, placesOf } from "./reference-places.ts";
import type { Fault, Finding, RuleName } from "./rules.ts";
import { findSecrets } from "./secret-search.ts";
import { type TextLines, textLines } from "./text-lines.ts";

/** Findings of one file, and references of one that are kept. A file with more of either was made by a program, and its first ones show why. */
export const FINDINGS_MAX = 1_000;
export const REFERENCES_MAX = 10_000;

/** A reference of right form, without variables. */
export type PlacedReference = { readonly at: number; readonly end: number; readonly reference: SecretReference };

export type JudgedText = {
  readonly findings: readonly Finding[];
  readonly references: readonly PlacedReference[];
  /** What was not looked at, for a person. */
  readonly unread: readonly string[];
  readonly lines: TextLines;
  readonly isIgnored: (at: number, rule: RuleName) => boolean;
};

export function judgeText(text: string, path: string): JudgedText {
  const lines = textLines(text);
  const { positionOf } = lines;
  const silenced = ignoredLines(text, (at) => positionOf(at).line);
  const isIgnored = (at: number, rule: RuleName) => silenced(positionOf(at).line, rule);
  // One more than is kept, to see whether there are more.
  const places = placesOf(text, path, REFERENCES_MAX + 1);
  const kept = places.slice(0, REFERENCES_MAX);
  const references: PlacedReference[] = [];
  const findings: Finding[] = [];
  for (const { at, end, text: said, isOpen } of kept) {
    if (isOpen) continue;
    const read = readReference(said);
    if (isFault(read)) findings.push({ ...read, at, end });
    else references.push({ at, end, reference: read });
  }
  for (const place of almostPlaces(text)) findings.push({ ...LOOKALIKE, ...place });
  const secrets = findSecrets(text, path);
  for (const { at, end, kind } of secrets.found)
    if (!kept.some((place) => place.at < end && at < place.end)) findings.push({ ...inClear(kind), at, end, kind });
  const told = findings.filter(({ at, rule }) => !isIgnored(at, rule)).sort((a, b) => a.at - b.at);
  const unread = [
    ...(places.length > REFERENCES_MAX ? [`only its first ${REFERENCES_MAX} references were judged`] : []),
    ...(told.length > FINDINGS_MAX ? [`only its first ${FINDINGS_MAX} findings are shown`] : []),
    ...(secrets.searchedTo < text.length
      ? [`secrets were searched up to line ${positionOf(secrets.searchedTo).line + 1} only`]
      : []),
  ];
  return { findings: told.slice(0, FINDINGS_MAX), references, unread, lines, isIgnored };
}

const LOOKALIKE: Fault = {
  rule: "reference-lookalike",
  message: "this looks like a reference and is none, so no secret comes in its place",
  next: "write op:// in small letters, with two slashes",
};

const inClear = (kind: string): Fault => ({
  rule: "secret-in-clear",
  message: `a secret stands here in clear (${kind})`,
  next: "make it an item (`postern item create`, or `postern import env` for an env file), write its reference here, and replace the secret where it is used",
});
