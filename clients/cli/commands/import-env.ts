// `postern import env`: every value of an env file becomes an item, and a rewritten file with references comes out. A
// second run finds the same items and changes nothing. What was not understood is told line by line, never its text.
import { readFileSync, statSync } from "node:fs";
import type { Command } from "commander";
import { addCommand } from "../context.ts";
import { ENV_FILE_BYTES_MAX, type EnvLine, parseEnvFile, quoted } from "../env-file.ts";
import { exitCodes, UsageError } from "../exit-code.ts";
import { openOutFile } from "../out-file.ts";
import { type Agent, demandVault, listItems, vaultId, withAgent } from "../session.ts";
import type { Terminal } from "../terminal.ts";

type Options = { vault: string; outFile?: string };
type Variable = Extract<EnvLine, { kind: "variable" }>;

/** Items written by one request. */
const BATCH = 100;
/** Items read by one request, as the agent's limit says. */
const READ_BATCH = 50;

const FIELD = "password";

function readEnvFile(path: string): EnvLine[] {
  let text: string;
  try {
    if (statSync(path).size > ENV_FILE_BYTES_MAX)
      throw new UsageError(
        `${path} is larger than ${ENV_FILE_BYTES_MAX} bytes, so it is no env file`,
        "name a file of lines NAME=value; nothing was imported",
      );
    text = new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(path));
  } catch (error) {
    if (error instanceof UsageError) throw error;
    if (error instanceof TypeError)
      throw new UsageError(
        `${path} is not UTF-8 text, so it is no env file`,
        "name a file of lines NAME=value; nothing was imported",
      );
    throw new UsageError(
      `the env file ${path} could not be read (${(error as NodeJS.ErrnoException).code})`,
      "name a file that exists and that you may read",
    );
  }
  const lines = parseEnvFile(text);
  if (!lines.some((line) => line.kind === "variable"))
    throw new UsageError(
      `there is no NAME=value in ${path}, so it is no env file`,
      "name a file of lines NAME=value; nothing was imported",
    );
  return lines;
}

async function importEnv(terminal: Terminal, agent: Agent, path: string, options: Options): Promise<void> {
  const lines = readEnvFile(path);
  const outPath = options.outFile ?? `${path}.postern`;
  const vault = await vaultId(agent, options.vault);
  const { title } = await agent.call("vaults.getOverview", { vaultId: vault });
  // The last line of a name wins, as it does for every reader of env files. A value that is a reference stays one.
  const wanted = new Map(
    lines.flatMap((line) =>
      line.kind === "variable" && line.value !== "" && !line.value.startsWith("op://") ? [[line.name, line]] : [],
    ),
  );
  const outcome = await bring(terminal, agent, vault, wanted);
  const unnameable = !/^[A-Za-z0-9 \-_.]+$/.test(title);
  writeOut(outPath, lines, (line) => `op://${unnameable ? vault : title}/${line.name}/${FIELD}`, wanted);
  const unknown = lines.flatMap((line) => (line.kind === "unknown" ? [{ line: line.number, why: line.why }] : []));
  for (const { line, why } of unknown)
    terminal.tell(`postern: line ${line} was not understood (${why}); it stands unchanged in the new file`);
  terminal.result(
    { ...outcome, unknown, outFile: outPath },
    () =>
      `${outcome.created} made, ${outcome.changed} changed, ${outcome.unchanged} as they were. References are in ${outPath}.`,
  );
  if (unknown.length > 0) process.exitCode = exitCodes.usage;
}

type Outcome = { created: number; changed: number; unchanged: number };

async function bring(
  terminal: Terminal,
  agent: Agent,
  vault: string,
  wanted: ReadonlyMap<string, Variable>,
): Promise<Outcome> {
  const items = await listItems(agent, { vaultId: vault });
  const idOf = new Map(items.map((item) => [item.title, item.id]));
  const fresh = [...wanted.values()].filter((line) => !idOf.has(line.name));
  const known = [...wanted.values()].filter((line) => idOf.has(line.name));
  const progress = progressBar(wanted.size);
  for (let at = 0; at < fresh.length; at += BATCH) {
    const batch = fresh.slice(at, at + BATCH);
    const { outcomes } = await agent.call("items.createAll", {
      vaultId: vault,
      items: batch.map((line) => newItem(vault, line)),
    });
    const failed = outcomes.flatMap((one, index) =>
      "error" in one ? [`line ${batch[index]?.number}: ${one.error.message}`] : [],
    );
    if (failed.length > 0)
      throw new UsageError(
        `some values could not become items; ${failed.join("; ")}`,
        "change or take out these lines and import again: what is an item already stays as it is",
      );
    progress(batch.length);
  }
  let changed = 0;
  for (let at = 0; at < known.length; at += READ_BATCH) {
    const batch = known.slice(at, at + READ_BATCH);
    const { outcomes } = await agent.call("items.getAll", {
      vaultId: vault,
      itemIds: batch.map((line) => idOf.get(line.name) ?? ""),
    });
    for (const [index, one] of outcomes.entries()) {
      const line = batch[index];
      if (line !== undefined && !("error" in one)) changed += (await update(agent, one, line.value)) ? 1 : 0;
    }
    progress(batch.length);
  }
  if (!terminal.json) progress(0, true);
  return { created: fresh.length, changed, unchanged: known.length - changed };
}

function newItem(vaultId: string, line: Variable) {
  return {
    vaultId,
    title: line.name,
    category: "Password" as const,
    fields: [{ id: FIELD, title: FIELD, fieldType: "Concealed" as const, value: line.value }],
    tags: ["env"],
  };
}

type Item = Awaited<ReturnType<typeof itemOf>>;
const itemOf = (agent: Agent) => agent.call("items.get", { vaultId: "", itemId: "" });

async function update(agent: Agent, item: Item, value: string): Promise<boolean> {
  const field = item.fields.find((one) => one.id === FIELD);
  if (field?.value === value) return false;
  const fields =
    field === undefined
      ? [...item.fields, { id: FIELD, title: FIELD, fieldType: "Concealed" as const, value }]
      : item.fields.map((one) => (one === field ? { ...one, value } : one));
  await agent.call("items.put", { item: { ...item, fields } });
  return true;
}

function writeOut(
  path: string,
  lines: readonly EnvLine[],
  reference: (line: Variable) => string,
  wanted: ReadonlyMap<string, Variable>,
): void {
  const text = lines
    .map((line) =>
      line.kind === "variable" && wanted.has(line.name)
        ? `${line.prefix}${line.name}=${quoted(reference(line))}`
        : line.raw,
    )
    .join("\n");
  const file = openOutFile(path);
  file.write(Buffer.from(text));
  file.done();
}

/** A line on stderr while a person watches; nothing otherwise. */
function progressBar(total: number): (done: number, end?: boolean) => void {
  let count = 0;
  return (done, end = false) => {
    count += done;
    if (process.stderr.isTTY === true)
      process.stderr.write(end ? "\r                    \r" : `\r${count} of ${total}`);
  };
}

export function addImportCommand(program: Command): void {
  const parent = program.command("import").description("bring secrets in from elsewhere");
  addCommand<Options>(
    parent,
    "env <file>",
    "make every value of an env file an item, and write a file with references",
    "postern import env .env --vault Demo",
    [
      ["--vault <vault>", "the vault, by title or id"],
      ["--out-file <file>", "where to write the references (FILE.postern)"],
    ],
    (terminal, [path = ""], options) => {
      const asked = demandVault(options);
      return withAgent(terminal, (agent) => importEnv(terminal, agent, path, asked));
    },
  );
}
