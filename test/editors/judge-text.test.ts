// One text judged: places, comments that silence, bounds, and that no finding repeats what it found.
import { describe, expect, test } from "vitest";
import { FINDINGS_MAX, judgeText, REFERENCES_MAX } from "../../clients/editors/server/judge-text.ts";

const rulesIn = (text: string, path = "a.txt") => judgeText(text, path).findings.map(({ rule }) => rule);
const TOKEN = `ghp_${"aB3dE5gH7jK9mN1pQ3sT5vX7zA9cE1gH3jK5"}`;

test("a finding has a line and a column, counted as editors count them", () => {
  const { findings, lines } = judgeText("one\r\né😀 OP://a/b/c\rop://x\n", "a.txt");
  expect(findings.map(({ rule, at, end }) => [rule, lines.positionOf(at), lines.positionOf(end)])).toEqual([
    ["reference-lookalike", { line: 1, character: 4 }, { line: 1, character: 14 }],
    ["reference-malformed", { line: 2, character: 0 }, { line: 2, character: 6 }],
  ]);
});

test("a secret is told by its kind, and no word of it", () => {
  const { findings } = judgeText(`token = "${TOKEN}"`, "a.ts");
  expect(findings).toMatchObject([{ rule: "secret-in-clear", kind: "github-pat" }]);
  expect(JSON.stringify(findings)).not.toContain(TOKEN.slice(4, 12));
});

describe("a comment silences", () => {
  test.each([
    ["its line", "op://x # postern-lint-ignore"],
    ["the next line", "# postern-lint-ignore\nop://x"],
    ["the rule that it names", "op://x // postern-lint-ignore reference-malformed"],
    ["several rules", "OP://a/b op://x /* postern-lint-ignore reference-lookalike, reference-malformed */"],
    ["every rule, with a reason", `x = "${TOKEN}" # postern-lint-ignore: a value of a test`],
  ])("%s", (_what, text) => expect(rulesIn(text)).toEqual([]));

  test.each([
    ["a rule that it does not name", "op://x # postern-lint-ignore secret-in-clear", 1],
    ["the line after the next", "# postern-lint-ignore\n\nop://x", 1],
    ["the line before it", "op://x\n# postern-lint-ignore", 1],
    ["anything by a longer word", "op://x # postern-lint-ignored", 1],
  ])("not %s", (_what, text, count) => expect(rulesIn(text)).toHaveLength(count));
});

test(`at most ${REFERENCES_MAX} references of a file are judged, and more are told`, () => {
  const most = judgeText("op://a/b/c\n".repeat(REFERENCES_MAX), "a.txt");
  expect([most.references.length, most.unread]).toEqual([REFERENCES_MAX, []]);
  const more = judgeText("op://a/b/c\n".repeat(REFERENCES_MAX + 1), "a.txt");
  expect(more.references.length).toBe(REFERENCES_MAX);
  expect(more.unread).toEqual([`only its first ${REFERENCES_MAX} references were judged`]);
});

test(`at most ${FINDINGS_MAX} findings of a file are shown, and more are told`, () => {
  const most = judgeText("op://x\n".repeat(FINDINGS_MAX), "a.txt");
  expect([most.findings.length, most.unread]).toEqual([FINDINGS_MAX, []]);
  const more = judgeText("op://x\n".repeat(FINDINGS_MAX + 1), "a.txt");
  expect(more.findings.length).toBe(FINDINGS_MAX);
  expect(more.unread).toEqual([`only its first ${FINDINGS_MAX} findings are shown`]);
});
