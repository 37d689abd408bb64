// SARIF as its published schema asks for it, with the fields that GitHub shows. The schema is that of Microsoft's npm package jest-sarif.
import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import { expect, test } from "vitest";
import { placedFindings } from "../../clients/cli/lint/placed-finding.ts";
import { sarifOf } from "../../clients/cli/lint/sarif.ts";
import { judgeText } from "../../clients/editors/server/judge-text.ts";
import { rules } from "../../clients/editors/server/rules.ts";

const path = new URL("../vectors/sarif-2.1.0-rtm.5.json", import.meta.url);
const { $schema: _draft, id: _id, ...schema } = JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>;
const validate = new Ajv({ strict: false, validateFormats: false, unicodeRegExp: false }).compile(schema);

const judged = judgeText("A=op://x\n OP://a/b/c\n", "a.env");
const log = sarifOf([
  ...placedFindings({ path: "a b/ü:1.env", judged }, new Map()),
  ...placedFindings({ path: "/elsewhere/a.env", judged }, new Map()),
]);

test("what is written fits the published schema, and something else does not", () => {
  expect(validate(log), JSON.stringify(validate.errors)).toBe(true);
  expect(validate(sarifOf([]))).toBe(true);
  expect(validate({ ...log, version: "2.0.0" })).toBe(false);
  expect(validate({ ...log, runs: [{ ...log.runs[0], results: [{ ruleId: "x" }] }] })).toBe(false);
});

test("each result has its rule, and its place in the file as a URI", () => {
  const [run] = log.runs;
  expect(run?.tool.driver.rules?.map(({ id }) => id)).toEqual(Object.keys(rules));
  const [first] = run?.results ?? [];
  expect(first).toMatchObject({ ruleId: "reference-malformed", level: "error" });
  expect(run?.tool.driver.rules?.[first?.ruleIndex ?? -1]?.id).toBe("reference-malformed");
  expect(first?.locations?.[0]?.physicalLocation).toEqual({
    artifactLocation: { uri: "a%20b/%C3%BC%3A1.env", uriBaseId: "SRCROOT" },
    region: { startLine: 1, startColumn: 3, endLine: 1, endColumn: 9 },
  });
  expect(run?.results?.at(-1)?.locations?.[0]?.physicalLocation?.artifactLocation).toEqual({ uri: "/elsewhere/a.env" });
});
