// The work of `postern lint`: judges the files, asks for names where an agent runs, and prints what was found.
import { exitCodes, UsageError } from "../terminal/exit-code.ts";
import { jsonText } from "../terminal/json-text.ts";
import { oneLine, type Terminal } from "../terminal/terminal.ts";
import { type JudgedFiles, judgedFiles } from "./judged-files.ts";
import { type Compared, comparedNames } from "./names.ts";
import { type PlacedFinding, placedFindings } from "./placed-finding.ts";
import { sarifOf } from "./sarif.ts";

/** Files that a message names one by one. A folder may have thousands that are no text. */
const SKIPPED_TOLD_MAX = 10;

export type LintOptions = { readonly offline?: boolean; readonly sarif?: boolean };

export async function lint(
  terminal: Terminal,
  paths: readonly string[],
  { offline, sarif }: LintOptions,
): Promise<void> {
  if (terminal.json && sarif === true)
    throw new UsageError("--json and --sarif are two forms of the same result", "leave out one of them");
  const files = judgedFiles(paths);
  const vaults = files.judged.flatMap(({ judged }) => judged.references.map(({ reference }) => reference.vault));
  const compared = await comparedNames(terminal, [...new Set(vaults)], offline === true);
  const names = "names" in compared ? compared.names : new Map();
  const findings = files.judged.flatMap((file) => placedFindings(file, names));
  tellRest(terminal, files, compared);
  if (sarif === true) terminal.out(jsonText(sarifOf(findings)));
  else
    terminal.result(
      {
        findings,
        files: files.judged.length,
        skipped: files.skipped,
        binary: files.binary,
        compared: "names" in compared,
      },
      () => findings.map((finding) => lineOf(terminal, finding)).join("\n"),
    );
  if (findings.length > 0) process.exitCode = exitCodes.found;
}

function lineOf(terminal: Terminal, { path, line, column, rule, message, next }: PlacedFinding): string {
  return `${oneLine(path)}:${line}:${column} ${terminal.bold(rule)} ${oneLine(message)}\n  next: ${oneLine(next)}`;
}

/** What was not judged goes to stderr, since a clean result means less then. */
function tellRest(terminal: Terminal, { skipped, binary }: JudgedFiles, compared: Compared): void {
  for (const { path, why } of skipped.slice(0, SKIPPED_TOLD_MAX)) terminal.tell(`postern: ${oneLine(path)}: ${why}`);
  if (skipped.length > SKIPPED_TOLD_MAX)
    terminal.tell(`postern: and ${skipped.length - SKIPPED_TOLD_MAX} more files were not read, or not whole`);
  if (binary > 0) terminal.tell(`postern: ${binary} file${binary === 1 ? " is" : "s are"} no text, and not read`);
  if ("names" in compared) return;
  terminal.tell(`postern: only the text was judged, and not whether its references lead anywhere: ${compared.why}`);
  terminal.tell(`  next: ${compared.next}`);
}
