// Finds secrets in clear: texts that fit a rule, near a word of that rule, with enough entropy where the rule asks for it. Entropy alone
// finds nothing. The patterns come from others and the text is hostile, so RE2 searches it: its time grows with the text and never faster.
// What one file may cost is bounded too. A finding has a place and a kind. It never holds the secret.
import { RE2JS } from "re2js";
import { secretTable } from "./generated-secret-table.ts";
import { GENERIC, GENERIC_PATH, ownSecretRules } from "./own-secret-rules.ts";
import type { Allowlist, SecretRule } from "./secret-rule.ts";

export type FoundSecret = { readonly at: number; readonly end: number; readonly kind: string };

/** `searchedTo` is where the search ended, in a file that had more to search than its bound. */
export type SecretSearch = { readonly found: readonly FoundSecret[]; readonly searchedTo: number };

/** Characters that are searched before and behind a keyword. Of a longer secret the first part is found, and the longest rule names one of 320. */
const BEFORE = 256;
const BEHIND = 1_024;

/** The same behind the first line of a private key. One of 16,384 bits in PEM has fewer. */
const BEHIND_PRIVATE_KEY = 16_384;

const PRIVATE_KEY = "private-key";

/** Characters of one part that is searched. Parts that overlap become one, up to this length. */
const PART = 32 * 1024;

/**
 * Characters of one file that the rules may read, all of them together. A file of 1 MiB with keywords in each line needs about this much. A
 * hostile file takes some seconds for it.
 */
export const SEARCHED_CHARACTERS_MAX = 2 * 1024 * 1024;

/** Secrets that are reported of one file. A person who sees so many changes the file, and not each line. */
export const SECRETS_MAX = 1_000;

const { allowlist } = secretTable;
const rules: readonly SecretRule[] = [...secretTable.rules, ...ownSecretRules].map((rule) =>
  rule.id === GENERIC ? { ...rule, path: GENERIC_PATH } : rule,
);

/** Rules by each keyword. A longer keyword that begins with a shorter one has the rules of both, since it is found in its place. */
const byKeyword = new Map<string, SecretRule[]>();
for (const keyword of new Set(rules.flatMap(({ keywords }) => keywords)))
  byKeyword.set(
    keyword,
    rules.filter(({ keywords }) => keywords.some((one) => keyword.startsWith(one))),
  );

/** Keywords of two letters, which most files are full of, with what must follow for their rules to fit. */
const sharper: Readonly<Record<string, string>> = { ey: "[a-z0-9]{17}", sk: "[0-9a-f]{32}", "s.": "[a-z0-9]{24}" };

/** Any engine finds these in linear time: a word, or one and a fixed number of letters. The longer one comes first. */
const KEYWORD = new RegExp(
  [...byKeyword.keys()]
    .sort((a, b) => b.length - a.length)
    .map((keyword) => RegExp.escape(keyword) + (sharper[keyword] ?? ""))
    .join("|"),
  "g",
);

/** The rules of what KEYWORD found. */
const rulesOf = (found: string): readonly SecretRule[] =>
  byKeyword.get(found) ?? byKeyword.get(Object.keys(sharper).find((keyword) => found.startsWith(keyword)) ?? "") ?? [];

const compiled = new Map<string, RE2JS>();

/** Compiled at its first use, since most rules never meet their keyword. */
function pattern(regex: string): RE2JS {
  const known = compiled.get(regex) ?? RE2JS.compile(regex);
  compiled.set(regex, known);
  return known;
}

const fits = (regex: string, text: string): boolean => pattern(regex).matcher(text).find();

/** The secrets of a text, in order. `path` decides which rules hold. */
export function findSecrets(text: string, path: string): SecretSearch {
  if (allowlist.paths.some((one) => fits(one, path))) return { found: [], searchedTo: text.length };
  const found: FoundSecret[] = [];
  let left = SEARCHED_CHARACTERS_MAX;
  for (const part of partsOf(text, path)) {
    left -= part.end - part.at;
    if (left < 0 || found.length > SECRETS_MAX) return { found: sorted(found), searchedTo: part.at };
    for (const one of matchesIn(text, part, path)) found.push(one);
  }
  return { found: sorted(found), searchedTo: text.length };
}

type Part = { readonly rule: SecretRule; readonly at: number; end: number };

/** The parts of the text that rules search, in order. Two parts of one rule may overlap. */
function partsOf(text: string, path: string): Part[] {
  const last = new Map<SecretRule, Part>();
  const parts: Part[] = [];
  const holds = new Map<SecretRule, boolean>();
  const lower = lowered(text);
  KEYWORD.lastIndex = 0;
  for (let found = KEYWORD.exec(lower); found !== null; found = KEYWORD.exec(lower)) {
    const [keyword] = found;
    // Another keyword may begin inside of this one.
    KEYWORD.lastIndex = found.index + 1;
    for (const rule of rulesOf(keyword)) {
      const isFor = holds.get(rule) ?? (rule.path === undefined || fits(rule.path, path));
      holds.set(rule, isFor);
      if (!isFor) continue;
      const behind = rule.id === PRIVATE_KEY ? BEHIND_PRIVATE_KEY : BEHIND;
      const at = Math.max(0, found.index - BEFORE);
      const end = Math.min(text.length, found.index + keyword.length + behind);
      const before = last.get(rule);
      if (before !== undefined && at <= before.end && end - before.at <= PART) before.end = end;
      else {
        const part = { rule, at, end };
        last.set(rule, part);
        parts.push(part);
      }
    }
  }
  return parts.sort((a, b) => a.at - b.at);
}

/** The text in lower case with each character in its place. Keywords are ASCII, and a few other letters change their length. */
function lowered(text: string): string {
  const lower = text.toLowerCase();
  return lower.length === text.length ? lower : text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

function matchesIn(text: string, { rule, ...part }: Part, path: string): FoundSecret[] {
  const searched = text.slice(part.at, part.end);
  const matcher = pattern(rule.regex).matcher(searched);
  const found: FoundSecret[] = [];
  while (found.length < SECRETS_MAX && matcher.find()) {
    const group = groupOf(matcher, rule);
    const [at, end] = [matcher.start(group), matcher.end(group)];
    const secret = searched.slice(at, end);
    if (rule.entropy !== undefined && entropyOf(secret) <= rule.entropy) continue;
    const match = searched.slice(matcher.start(), matcher.end());
    const around = { secret, match, line: lineAround(searched, at, end) };
    if ([allowlist, ...rule.allowlists].some((one) => isAllowed(one, around, path))) continue;
    found.push({ at: part.at + at, end: part.at + end, kind: rule.id });
  }
  return found;
}

/** The named group, or else the first that is not empty, or else the whole match. */
function groupOf(matcher: ReturnType<RE2JS["matcher"]>, { group }: SecretRule): number {
  if (group !== undefined) return group;
  for (let index = 1; index <= matcher.groupCount(); index++)
    if (matcher.end(index) > matcher.start(index)) return index;
  return 0;
}

function isAllowed(list: Allowlist, around: Readonly<Record<Allowlist["target"], string>>, path: string): boolean {
  const lower = around.secret.toLowerCase();
  const checks = [
    [list.paths, () => list.paths.some((one) => fits(one, path))],
    [list.regexes, () => list.regexes.some((one) => fits(one, around[list.target]))],
    [list.stopwords, () => list.stopwords.some((one) => lower.includes(one))],
  ] as const;
  const asked = checks.filter(([given]) => given.length > 0);
  return list.all ? asked.every(([, holds]) => holds()) : asked.some(([, holds]) => holds());
}

function lineAround(part: string, at: number, end: number): string {
  const begins = part.lastIndexOf("\n", at - 1) + 1;
  const ends = part.indexOf("\n", end);
  return part.slice(begins, ends === -1 ? part.length : ends);
}

/** Shannon's entropy, in bits of each character. */
function entropyOf(text: string): number {
  const counts = new Map<string, number>();
  for (const one of text) counts.set(one, (counts.get(one) ?? 0) + 1);
  const total = [...text].length;
  return [...counts.values()].reduce((sum, count) => sum - (count / total) * Math.log2(count / total), 0);
}

/** In order, each place once. A rule that knows the kind comes before the general one. */
function sorted(found: readonly FoundSecret[]): FoundSecret[] {
  const ordered = [...found].sort(
    (a, b) => a.at - b.at || Number(a.kind === GENERIC) - Number(b.kind === GENERIC) || b.end - a.end,
  );
  const kept: FoundSecret[] = [];
  for (const one of ordered) {
    const last = kept.at(-1);
    if (last === undefined || one.at >= last.end) kept.push(one);
    else if (last.kind === GENERIC && one.kind !== GENERIC) kept[kept.length - 1] = one;
  }
  return kept;
}
