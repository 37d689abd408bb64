// Shared by the two imports of env files: the choice of variables, which of them are public, and the messages about the file. A message
// names a line by its number and name, and never shows its text.
import type { Command } from "commander";
import { isPlain } from "../items/plain-value.ts";
import { UsageError } from "../terminal/exit-code.ts";
import { type Terminal, table } from "../terminal/terminal.ts";
import { looksLikeReference, PREFIX } from "../text/reference-text.ts";
import type { EnvLine, EnvVariable } from "./env-file.ts";
import { readEnvFile, TOOK_OTHERS_ALONG, tookOthersAlong, variablesIn } from "./env-source.ts";

export type ImportOptions = { plain?: string[]; only?: string[]; except?: string[]; dryRun?: boolean };

/** An imported variable: its last line in the file. */
export type Taken = { readonly line: EnvVariable; readonly plain: boolean };

export type Source = {
  readonly lines: readonly EnvLine[];
  /** By name, in the order of the file. */
  readonly taken: ReadonlyMap<string, Taken>;
  /** The last line of each name, imported or not. */
  readonly last: ReadonlyMap<string, EnvVariable>;
  readonly notes: readonly Note[];
};

export type Note = { readonly line: number; readonly name: string; readonly note: string };

const names = (value: string, all: string[] = []) => [...all, ...value.split(",")];

/** Adds the options that both imports have. */
export function addImportOptions(command: Command): void {
  command.option("--plain <name>", "a variable that anybody may see; may be given again", names);
  command.option("--only <name>", "import this variable alone; may be given again", names);
  command.option("--except <name>", "leave this variable out; may be given again", names);
  command.option("--dry-run", "tell what each line means and what would be done, and do nothing");
}

/** Reads a file for an import. Throws UsageError for an unclear line, and for a name that is not in the file. */
export function importSource(path: string, options: ImportOptions): Source {
  const lines = readEnvFile(path);
  const variables = variablesIn(lines, path, "nothing was imported");
  if (variables.length === 0)
    throw new UsageError(
      `${path} sets no variable, so it is no env file; nothing was imported`,
      "name a file of lines NAME=value",
    );
  const last = new Map(variables.map((line) => [line.name, line]));
  const [plain, only, except] = (["plain", "only", "except"] as const).map((option) => {
    const given = options[option] ?? [];
    // The message does not repeat it: a text that is no name may be a value that got there by mistake.
    if (!given.every((name) => last.has(name)))
      throw new UsageError(
        `--${option} names a variable that ${path} does not set`,
        "give each name as the file has it",
      );
    return new Set(given);
  }) as [Set<string>, Set<string>, Set<string>];
  const taken = [...last.values()].filter(({ name }) => (only.size === 0 || only.has(name)) && !except.has(name));
  if (taken.length === 0) throw new UsageError("--only and --except leave nothing to import", "name another variable");
  return {
    lines,
    last,
    taken: new Map(taken.map((line) => [line.name, { line, plain: isPlain(line.name, line.value, plain) }])),
    notes: [...notesOf(variables, last), ...leftOut(last, new Set(taken.map(({ name }) => name)))],
  };
}

function leftOut(last: ReadonlyMap<string, EnvVariable>, taken: ReadonlySet<string>): Note[] {
  return [...last.values()]
    .filter(({ name }) => !taken.has(name))
    .map(({ number, name }) => ({ line: number, name, note: "left out, as --only or --except says" }));
}

/** A fact about a line that a person may not expect. */
function notesOf(variables: readonly EnvVariable[], last: ReadonlyMap<string, EnvVariable>): Note[] {
  return variables.flatMap((line) => {
    const { name, number, value, quote, tail } = line;
    const winner = last.get(name);
    const notes: (string | false)[] = [
      winner !== undefined && winner !== line && `set again in line ${winner.number}, which counts`,
      tail.includes("#") && "what stands behind the value is a comment and no part of it",
      quote === "" && /^[ \t]/.test(tail) && !tail.includes("#") && "blanks at the end are no part of the value",
      line.last > number && `the value runs on to line ${line.last}`,
      tookOthersAlong(line) && TOOK_OTHERS_ALONG,
      quote !== "'" &&
        !value.startsWith(PREFIX) &&
        /\$(?:\{|[A-Za-z_(])/.test(value) &&
        "$ stays as it is: variables are put into references alone",
      looksLikeReference(value.replace(/\{\{\s*op:\/\/[^{}]*\}\}/g, "")) &&
        "looks like a reference and is none: one begins with op://, or stands in {{ }}",
    ];
    return notes.filter((note) => note !== false).map((note) => ({ line: number, name, note }));
  });
}

/** Prints the findings about the lines. */
export function tellNotes(terminal: Terminal, notes: readonly Note[]): void {
  for (const { line, name, note } of notes) terminal.tell(`postern: line ${line}: ${name}: ${note}`);
}

const QUOTES = { "": "none", '"': "double", "'": "single", "`": "backtick" } as const;

export type Meaning = { line: number; name: string; quotes: string; characters: number; kind: string; outcome: string };

/** The meaning of a line, and its outcome. */
export function meaningOf({ line, plain }: Taken, outcome: string): Meaning {
  return {
    line: line.number,
    name: line.name,
    quotes: QUOTES[line.quote],
    characters: [...line.value].length,
    kind: plain ? "plain" : "secret",
    outcome,
  };
}

export function meaningTable(meanings: readonly Meaning[]): string {
  return table(
    ["LINE", "NAME", "QUOTES", "CHARACTERS", "KIND", "OUTCOME"],
    meanings.map((one) => [`${one.line}`, one.name, one.quotes, `${one.characters}`, one.kind, one.outcome]),
  );
}
