// Findings as SARIF 2.1.0, which GitHub and other places for code read. Paths are relative, so that the machine's folders are not told.
import { isAbsolute } from "node:path";
import type { Log, ReportingDescriptor, Result } from "sarif";
import { rules } from "../../editors/server/rules.ts";
import { VERSION } from "../version.ts";
import type { PlacedFinding } from "./placed-finding.ts";

const SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json";

/** Where the command ran, in the terms of SARIF. */
const ROOT = "SRCROOT";

const descriptors: readonly ReportingDescriptor[] = Object.entries(rules).map(([id, { level, summary }]) => ({
  id,
  shortDescription: { text: summary },
  defaultConfiguration: { level },
}));

export function sarifOf(findings: readonly PlacedFinding[]): Log {
  return {
    $schema: SCHEMA,
    version: "2.1.0",
    runs: [
      {
        tool: { driver: { name: "postern lint", semanticVersion: VERSION, rules: [...descriptors] } },
        columnKind: "utf16CodeUnits",
        results: findings.map(resultOf),
      },
    ],
  };
}

function resultOf({ path, line, column, endLine, endColumn, rule, message, next }: PlacedFinding): Result {
  const place = isAbsolute(path) ? { uri: uriOf(path) } : { uri: uriOf(path), uriBaseId: ROOT };
  return {
    ruleId: rule,
    ruleIndex: descriptors.findIndex(({ id }) => id === rule),
    level: rules[rule].level,
    message: { text: `${message}. Next: ${next}.` },
    locations: [
      {
        physicalLocation: {
          artifactLocation: place,
          region: { startLine: line, startColumn: column, endLine, endColumn },
        },
      },
    ],
  };
}

/** Each part is encoded, so that a colon in the first one does not pass for a scheme. */
const uriOf = (path: string): string => path.split("/").map(encodeURIComponent).join("/");
