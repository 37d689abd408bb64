// `postern import env`: makes an item of every value of an env file, and writes a file with references. A second run finds the same items and
// changes nothing. All of it is done or nothing: everything that can fail is checked first, and a later failure undoes the rest.

import type { Command } from "commander";
import { itemLimits } from "../../typescript/generated-limits.ts";
import { type Agent, demandVault, withAgent } from "../agent/session.ts";
import { addCommand, addGroup } from "../context.ts";
import type { EnvLine, EnvVariable } from "../env/env-file.ts";
import { quoted } from "../env/env-format.ts";
import {
  addImportOptions,
  type ImportOptions,
  importSource,
  meaningOf,
  meaningTable,
  type Note,
  type Source,
  type Taken,
  tellNotes,
} from "../env/env-import.ts";
import { readEnvFile } from "../env/env-source.ts";
import { fileAt, type OutFile, openOutFile } from "../files/out-file.ts";
import { isNameable, type Origin, originOf, type Planned, plan, TITLE_LENGTH_MAX } from "../items/imported-items.ts";
import { FIELD, itemsOf, outcomeOf, UNDONE, write } from "../items/imported-writes.ts";
import { listItems } from "../items/item-list.ts";
import { vaultFor } from "../items/locate.ts";
import { UsageError } from "../terminal/exit-code.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { PREFIX } from "../text/reference-text.ts";

type Options = ImportOptions & { vault: string; outFile?: string; prefix?: string; source?: string };

const { value: VALUE_LENGTH_MAX } = itemLimits;

/** The whole input of the command, read and checked before the first request to the agent. */
type Given = {
  readonly source: Source;
  /** The variables that become items, without empty ones and those that hold references already. */
  readonly wanted: ReadonlyMap<string, Taken>;
  readonly origin: Origin;
  readonly prefix: string;
  readonly outPath: string;
  /** Whether the output file exists, was checked, and holds nothing but references. A second run may then write it again. */
  readonly replaces: boolean;
};

function given(path: string, options: Options): Given {
  const source = importSource(path, options);
  const wanted = new Map([...source.taken].filter(([, { line }]) => line.value !== "" && !holdsReference(line.value)));
  const prefix = options.prefix ?? "";
  for (const { line } of wanted.values()) {
    if (line.value.length > VALUE_LENGTH_MAX)
      throw new UsageError(`${UNDONE}; line ${line.number}: a value has at most ${VALUE_LENGTH_MAX} characters`, HINT);
    if (prefix.length + line.name.length > TITLE_LENGTH_MAX)
      throw new UsageError(`${UNDONE}; line ${line.number}: a title has at most ${TITLE_LENGTH_MAX} characters`, HINT);
  }
  const origin = originOf(path, options.source);
  const outPath = options.outFile ?? `${path}.postern`;
  if (options.dryRun !== true) demandReplaceable(path, outPath, source);
  return { source, wanted, origin, prefix, outPath, replaces: fileAt(outPath) !== undefined };
}

const HINT = "leave it out with --except, or shorten it";

const holdsReference = (value: string) => value.startsWith(PREFIX) || /\{\{\s*op:\/\//.test(value);

/** Replaces an existing file only where nothing but references is lost with it. The source itself is never replaced. */
function demandReplaceable(path: string, outPath: string, source: Source): void {
  const there = fileAt(outPath);
  if (there === undefined) return;
  const read = fileAt(path);
  if (read?.dev === there.dev && read.ino === there.ino)
    throw new UsageError(`${UNDONE}; the file itself would be replaced`, "name another file with --out-file");
  let before: EnvLine[];
  try {
    before = readEnvFile(outPath);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new UsageError(`${UNDONE}; ${outPath} is there already and no env file`, "name another with --out-file");
  }
  const lost = before.some(
    (line) =>
      line.kind === "unknown" ||
      (line.kind === "variable" &&
        line.value !== "" &&
        !holdsReference(line.value) &&
        source.last.get(line.name)?.value !== line.value),
  );
  if (lost)
    throw new UsageError(
      `${UNDONE}; ${outPath} holds values that would be lost if it were written anew`,
      "name another file with --out-file, or move that one away",
    );
}

async function importEnv(terminal: Terminal, agent: Agent, given: Given, options: Options): Promise<void> {
  const { source, wanted, origin, prefix, outPath } = given;
  const vault = await vaultFor(agent, options.dryRun === true ? "read" : "change", options.vault);
  const { title: vaultTitle } = await agent.call("vaults.getOverview", { vaultId: vault });
  const items = await listItems(agent, vault, { active: true, archived: false });
  const planned = plan(wanted.values(), items, origin, prefix);
  const known = await itemsOf(agent, vault, planned);
  const outcomes = new Map(planned.map((one) => [one.line.name, outcomeOf(one, known)]));
  const count = (outcome: string) => [...outcomes.values()].filter((one) => one === outcome).length;
  const counts = { created: count("create"), changed: count("change"), unchanged: count("keep") };
  const notes = [...source.notes, ...renamedNotes(planned)].sort((a, b) => a.line - b.line);
  tellNotes(terminal, notes);
  if (options.dryRun === true) {
    const variables = [...source.taken.values()].map((one) => meaningOf(one, outcomes.get(one.line.name) ?? "stays"));
    return terminal.result({ ...counts, variables, notes }, () => meaningTable(variables));
  }
  const file = openOutFile(outPath, given.replaces);
  try {
    const { ids, takeBack } = await write(agent, vault, planned, known, origin);
    const titles = [
      ...items.map((item) => item.title),
      ...planned.filter(({ id }) => id === undefined).map(({ title }) => title),
    ];
    // A vault given by its id may share its title with another.
    const place = vault !== options.vault && isNameable(vaultTitle, [vaultTitle]) ? vaultTitle : vault;
    const references = new Map(
      planned.map(({ line, title }) => {
        const item = isNameable(title, titles) ? title : (ids.get(line.name) ?? "");
        return [line.name, `${PREFIX}${place}/${item}/${FIELD}`];
      }),
    );
    await finish(file, rewritten(source, references), takeBack);
    const told = `${counts.created} made, ${counts.changed} changed, ${counts.unchanged} as they were.`;
    // Where stdout is the file, the result must not go into it.
    if (file.isStdout) terminal.tell(`postern: ${told}`);
    else
      terminal.result(
        { ...counts, variables: Object.fromEntries(references), notes, outFile: outPath },
        () => `${told} References are in ${outPath}.`,
      );
  } catch (error) {
    file.abandon();
    throw error;
  }
}

/** Writes the file. If that fails, nobody has the references, so the writes to the vault are undone. */
async function finish(file: OutFile, text: string, takeBack: () => Promise<void>): Promise<void> {
  try {
    file.write(Buffer.from(text));
    file.done();
  } catch (error) {
    await takeBack();
    if (!(error instanceof UsageError)) throw error;
    throw new UsageError(`${UNDONE}; ${error.message}`, error.hint);
  }
}

function renamedNotes(planned: readonly Planned[]): Note[] {
  return planned
    .filter(({ renamed }) => renamed)
    .map(({ line, title }) => ({
      line: line.number,
      name: line.name,
      note: `another item has this title and stays as it is; this one is called "${title}" (--prefix and --source choose otherwise)`,
    }));
}

/** The file with references. An earlier line of a name gets the reference of the later one, so neither value stays in the file. */
function rewritten({ lines, last }: Source, references: ReadonlyMap<string, string>): string {
  const text = (line: EnvLine): string => {
    if (line.kind !== "variable") return line.raw;
    const winner: EnvVariable = last.get(line.name) ?? line;
    const reference = references.get(line.name);
    if (reference === undefined && winner === line) return line.raw;
    return `${line.prefix}${line.name}=${quoted(reference ?? winner.value)}${line.tail}`;
  };
  return lines.map(text).join("\n");
}

/** Adds `postern import …`. */
export function addImportCommand(program: Command): void {
  const parent = addGroup(program, "import", "bring secrets in from elsewhere", "postern import env .env --vault Demo");
  const command = addCommand<Options>(
    parent,
    "env <file>",
    "store each value of an env file as an item, and write a file of references",
    "postern import env .env --vault Demo",
    [
      ["--vault <vault>", "the vault, by title or id"],
      [
        "--out-file <file>",
        "where to write the references (FILE.postern); an existing file is replaced only if it holds nothing but references",
      ],
      ["--prefix <prefix>", "what the items' titles begin with, before the variable's name"],
      ["--source <name>", "what the items are known by (this machine and the file's path)"],
    ],
    async (terminal, [path = ""], options) => {
      const asked = demandVault(options);
      // Checked before the first request to the agent, so that a mistake costs nobody an approval.
      const read = given(path, asked);
      await withAgent(terminal, (agent) => importEnv(terminal, agent, read, asked));
    },
  );
  addImportOptions(command);
}
