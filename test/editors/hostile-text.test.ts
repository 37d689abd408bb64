// Hostile texts of the most bytes that are read. Each ends, since RE2 searches in linear time, every other pattern is bounded, and what one file may
// cost is bounded too.
import { describe, expect, test } from "vitest";
import { FILE_BYTES_MAX } from "../../clients/editors/server/file-text.ts";
import { secretTable } from "../../clients/editors/server/generated-secret-table.ts";
import { FINDINGS_MAX, judgeText } from "../../clients/editors/server/judge-text.ts";
import { findSecrets } from "../../clients/editors/server/secret-search.ts";

/** Milliseconds after which a text counts as one that hangs. An idle machine needs a tenth of them. */
const HANGS_MS = 90_000;

const filled = (unit: string) => unit.repeat(Math.ceil(FILE_BYTES_MAX / unit.length)).slice(0, FILE_BYTES_MAX);

describe("a search for secrets ends, and tells that it was not whole", () => {
  const keywords = secretTable.rules.flatMap((rule) => rule.keywords).join(" ");
  test.each([
    ["every keyword", `${keywords} `],
    ["names without values", "api_key_".repeat(8)],
    ["a key that begins again and again", "-----BEGIN PRIVATE KEY-----\n"],
    ["the slowest rule of the table", "cohere0a1b2c3d"],
  ])("of %s", { timeout: HANGS_MS }, (_what, unit) => {
    expect(findSecrets(filled(unit), "a.env").searchedTo).toBeLessThan(FILE_BYTES_MAX);
  });
});

describe("a text is judged", () => {
  test.each([
    ["a million references", "op://a/b/c "],
    ["references on one line without an end", '"op://a'],
    ["dots", `op://a${".".repeat(1_500)}x`],
    ["blanks", `A=op://a/b/c${" ".repeat(1_500)}`],
    ["braces", "{{ "],
    ["what is almost one", "OP://a/b/c/d/e/f/g"],
    ["comments", "postern-lint-ignore reference-malformed "],
    ["empty lines", "\n"],
  ])("of %s", { timeout: HANGS_MS }, (_what, unit) => {
    expect(judgeText(filled(unit), ".env").findings.length).toBeLessThanOrEqual(FINDINGS_MAX);
  });
});
