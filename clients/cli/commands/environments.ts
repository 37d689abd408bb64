// env: named sets of variables, and programs that run with one.
import type { Command } from "commander";
import { PosternError } from "../../typescript/generated.ts";
import { environmentLimits, itemLimits } from "../../typescript/generated-limits.ts";
import { namingNextStep } from "../agent/next-step.ts";
import { offlineFacts, tellOffline } from "../agent/offline.ts";
import { type Agent, connect, unlocked, withAgent } from "../agent/session.ts";
import { addAccountOption, addCommand, addGroup, chosenBy } from "../context.ts";
import { type EnvFormat, envFormats, written } from "../env/env-format.ts";
import {
  addImportOptions,
  type ImportOptions,
  importSource,
  meaningOf,
  meaningTable,
  type Source,
  tellNotes,
} from "../env/env-import.ts";
import { ownVariables } from "../env/own-variables.ts";
import { type Force, forceOption } from "../files/new-file.ts";
import { demandRoomFor, openOutFile } from "../files/out-file.ts";
import { demandValue, fromDescriptor, fromFile as secretFromFile } from "../files/secret-input.ts";
import { saysSecret } from "../items/field-words.ts";
import { environmentFor, locate } from "../items/locate.ts";
import { namedPart } from "../items/named-part.ts";
import { openPassage, takeOver } from "../run/run-program.ts";
import { askSecret, demandYes } from "../terminal/ask.ts";
import { UsageError } from "../terminal/exit-code.ts";
import { writeStdout } from "../terminal/stdout.ts";
import { createTerminal, oneLine, type Terminal, table } from "../terminal/terminal.ts";
import { oldest, resolveVariables } from "../text/references.ts";
import { demandProgram, mayNotChange, runWith } from "./run.ts";

type Variable = { name: string; value: string; masked: boolean };

/** A name that the agent and a shell accept. */
const VARIABLE_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

const { variables: VARIABLES_MAX, name: NAME_LENGTH_MAX } = environmentLimits;
const { value: VALUE_LENGTH_MAX } = itemLimits;

/** Shown in place of a masked value. */
const HIDDEN = "********";

/** The variables, with their age where the service could not be reached. */
async function variablesOf(agent: Agent, wanted: string): Promise<{ variables: Variable[]; staleMs?: number }> {
  return agent.call("environments.getVariables", { environmentId: await environmentFor(agent, "read", wanted) });
}

/** Reads an env file and checks that an environment takes every variable. Throws UsageError before the first request to the agent. */
function fromFile(path: string, options: ImportOptions): { source: Source; variables: Variable[] } {
  const source = importSource(path, options);
  const taken = [...source.taken.values()];
  const wrong = taken.filter(({ line }) => !VARIABLE_NAME.test(line.name)).map(({ line }) => `line ${line.number}`);
  if (wrong.length > 0)
    throw new UsageError(
      `nothing was imported; an environment takes names of letters, digits and _ alone: ${wrong.join(", ")}`,
      "write the name otherwise, or leave it out with --except",
    );
  const long = taken.find(({ line }) => line.name.length > NAME_LENGTH_MAX || line.value.length > VALUE_LENGTH_MAX);
  if (long !== undefined)
    throw new UsageError(
      `nothing was imported; line ${long.line.number}: a name has at most ${NAME_LENGTH_MAX} characters, and a value ${VALUE_LENGTH_MAX}`,
      "leave it out with --except, or shorten it",
    );
  if (taken.length > VARIABLES_MAX)
    throw new UsageError(
      `nothing was imported; an environment has at most ${VARIABLES_MAX} variables, and the file sets ${taken.length}`,
      "leave some out with --except, or make two environments with --only",
    );
  const variables = taken.map(({ line, plain }) => ({ name: line.name, value: line.value, masked: !plain }));
  return { source, variables };
}

/** Behind a name, it makes the value plain whatever the name suggests. */
const SHOWN = "[text]";

const EMPTY_VARIABLE = `a variable is left empty with --plain 'NAME${SHOWN}='`;

type SetOptions = { plain?: string[]; secretFile?: string[]; secretFd?: string[]; secret?: string[] };

async function given({ plain = [], secretFile = [], secretFd = [], secret = [] }: SetOptions): Promise<Variable[]> {
  const open = plain.map((text) => {
    const [word, value] = namedPart(text, "--plain", "VALUE");
    const name = word.endsWith(SHOWN) ? word.slice(0, -SHOWN.length) : word;
    if (name === word && saysSecret(name))
      throw new UsageError(
        `--plain is for what anybody may see, and the name ${oneLine(name)} says it is a secret`,
        `use --secret NAME; where it is none, say so: --plain 'NAME${SHOWN}=VALUE'`,
      );
    return { name, value, masked: false };
  });
  const filed = secretFile.map((text) => {
    const [name, path] = namedPart(text, "--secret-file", "PATH");
    const value = secretFromFile(path, "--secret-file");
    demandValue(value, `--secret-file for ${name}`, EMPTY_VARIABLE);
    return { name, value, masked: true };
  });
  const described = secretFd.map((text) => {
    const [name, number] = namedPart(text, "--secret-fd", "N");
    const value = fromDescriptor(number, "--secret-fd", `${name}=3`);
    demandValue(value, `--secret-fd for ${name}`, EMPTY_VARIABLE);
    return { name, value, masked: true };
  });
  const typed: Variable[] = [];
  for (const name of secret) {
    if (name.includes("="))
      throw new UsageError("--secret takes a name alone; the value is typed", "use --secret NAME");
    typed.push({ name, value: await askSecret(name, "--secret-file or --secret-fd"), masked: true });
  }
  const all = [...open, ...filed, ...described, ...typed];
  if (!all.every(({ name }) => VARIABLE_NAME.test(name)))
    throw new UsageError(
      "the name of a variable has letters, digits and _, and begins with no digit",
      "for one, DATABASE_URL",
    );
  if (all.length === 0)
    throw new UsageError(
      "there is nothing to set",
      "use --secret NAME, --secret-file NAME=PATH, --secret-fd NAME=N or --plain NAME=VALUE",
    );
  return all;
}

const collected = (value: string, all: string[] = []) => [...all, value];

/** Adds `postern env …`. */
export function addEnvironmentCommands(program: Command): void {
  const env = addGroup(program, "env", "environments: named sets of variables", "postern env run staging -- npm start");
  addCommand(env, "list", "list the environments", "postern env list", [], (terminal) =>
    withAgent(terminal, async (agent) => {
      const listed = await agent.call("environments.list", {});
      tellOffline(terminal, listed.staleMs);
      terminal.result({ environments: listed.environments, ...offlineFacts(listed.staleMs) }, () =>
        table(
          ["ID", "NAME"],
          listed.environments.map(({ id, title }) => [id, title]),
        ),
      );
    }),
  );
  addCommand(env, "create <name>", "make an environment", "postern env create staging", [], (terminal, [title = ""]) =>
    withAgent(terminal, async (agent) => {
      const made = await agent.call("environments.create", { title });
      terminal.result(made, () => `Made ${oneLine(made.title)} (${made.id}).`);
    }),
  );
  addVariableCommands(env);
  addFileCommands(env);
  addCommand<{ yes?: boolean }>(
    env,
    "delete <environment>",
    "delete an environment with its variables",
    "postern env delete staging",
    [["--yes", "do not ask"]],
    async (terminal, [wanted = ""], options) => {
      await demandYes(options, `Delete ${wanted} for good?`, "nothing was deleted");
      await withAgent(terminal, async (agent) => {
        const id = await environmentFor(agent, "delete", wanted);
        await agent.call("environments.delete", { environmentId: id });
        terminal.result({ deleted: id }, () => "Deleted.");
      });
    },
  );
  addRun(env);
}

function addVariableCommands(env: Command): void {
  addCommand<{ reveal?: boolean }>(
    env,
    "get <environment>",
    "show the variables; masked ones only with --reveal",
    "postern env get staging --reveal",
    [["--reveal", "show masked values"]],
    (terminal, [wanted = ""], options) =>
      withAgent(terminal, async (agent) => {
        const { variables, staleMs } = await variablesOf(agent, wanted);
        tellOffline(terminal, staleMs);
        const shown = variables.map((one) => (one.masked && options.reveal !== true ? { ...one, value: HIDDEN } : one));
        terminal.result({ variables: shown, ...offlineFacts(staleMs) }, () =>
          shown.map(({ name, value }) => `${name}=${oneLine(value)}`).join("\n"),
        );
      }),
  );
  const set = addCommand<SetOptions>(
    env,
    "set <environment>",
    "set variables; the others stay",
    "postern env set staging --secret DATABASE_URL",
    [],
    async (terminal, [wanted = ""], options) => {
      // Read once, since a descriptor gives its value once, and after an unlock the rest runs again.
      const variables = await given(options);
      await withAgent(terminal, async (agent) => {
        const id = await environmentFor(agent, "change", wanted);
        await agent.call("environments.set", { environmentId: id, variables });
        terminal.result({ set: variables.map(({ name }) => name) }, () => `Set ${variables.length}.`);
      });
    },
  );
  set.option("--secret <name>", "a variable whose value is typed", collected);
  set.option("--secret-file <name=path>", "a variable whose value is read from a file", collected);
  set.option("--secret-fd <name=n>", "a variable whose value comes from file descriptor n", collected);
  set.option("--plain <name=value>", "a variable that anybody may see", collected);
  addCommand(
    env,
    "unset <environment> <names...>",
    "remove variables",
    "postern env unset staging DATABASE_URL",
    [],
    (terminal, [wanted = "", ...names]) =>
      withAgent(terminal, async (agent) => {
        const id = await environmentFor(agent, "change", wanted);
        const { removed } = await agent.call("environments.unset", { environmentId: id, names });
        if (removed === 0)
          throw new PosternError("this environment has none of these variables", {
            errorName: "fieldNotFound",
            code: 0,
            hint: `run \`postern env get ${id}\``,
          });
        terminal.result({ removed }, () => `Took ${removed} away.`);
      }),
  );
}

function addFileCommands(env: Command): void {
  const command = addCommand<ImportOptions>(
    env,
    "import <environment> <file>",
    "set every variable of an env file; the environment is made if it is missing",
    "postern env import staging .env",
    [],
    async (terminal, [wanted = "", path = ""], options) => {
      const { source, variables } = fromFile(path, options);
      tellNotes(terminal, source.notes);
      if (options.dryRun === true) {
        const meanings = [...source.taken.values()].map((one) => meaningOf(one, one.plain ? "shown" : "masked"));
        return terminal.result({ variables: meanings, notes: source.notes }, () => meaningTable(meanings));
      }
      await withAgent(terminal, async (agent) => {
        const id = await importInto(agent, wanted, variables);
        terminal.result(
          { environment: id, set: variables.length, notes: source.notes },
          () => `Set ${variables.length} in ${wanted} (${id}).`,
        );
      });
    },
  );
  addImportOptions(command);
  addCommand<Force & { outFile?: string; format?: string }>(
    env,
    "export <environment>",
    "write the variables into a file, with their values in clear",
    "postern env export staging --out-file .env",
    [
      ["--format <format>", `one of ${envFormats.join(", ")} (dotenv, which sh, bash and zsh source too)`],
      ["--out-file <file>", "write there, for you alone (0600), instead of to the terminal"],
      forceOption,
    ],
    async (terminal, [wanted = ""], options) => {
      const format = formatOf(options.format);
      if (options.outFile !== undefined) demandRoomFor(options.outFile, options.force === true);
      await withAgent(terminal, (agent) => exportAll(terminal, agent, wanted, format, options));
    },
  );
}

/** Sets the variables in the environment with this title or id. A new environment has them from the start. */
async function importInto(agent: Agent, wanted: string, variables: Variable[]): Promise<string> {
  const { environmentId: id } = await locate(agent, "change", { environment: wanted, orNew: true });
  if (id === undefined) return (await agent.call("environments.create", { title: wanted, variables })).id;
  await agent.call("environments.set", { environmentId: id, variables });
  return id;
}

function formatOf(given = "dotenv"): EnvFormat {
  const found = envFormats.find((format) => format === given);
  if (found === undefined)
    throw new UsageError(`--format is one of ${envFormats.join(", ")}`, "for one, --format docker");
  return found;
}

async function exportAll(
  terminal: Terminal,
  agent: Agent,
  wanted: string,
  format: EnvFormat,
  { outFile, force }: Force & { outFile?: string },
): Promise<void> {
  const { variables: all, staleMs } = await variablesOf(agent, wanted);
  tellOffline(terminal, staleMs);
  if (outFile === undefined && !terminal.json && process.stdout.isTTY === true)
    throw new UsageError("values would be shown on the terminal", "use --out-file, or a pipe");
  if (outFile === undefined && terminal.json)
    return terminal.result({ variables: all, ...offlineFacts(staleMs) }, () => "");
  const text = written(format, all);
  if (outFile === undefined) return writeStdout(text);
  const file = openOutFile(outFile, force === true);
  file.write(new TextEncoder().encode(text));
  file.done();
  if (file.isStdout) terminal.tell(`postern: wrote ${all.length}`);
  else terminal.result({ written: all.length }, () => `Wrote ${all.length}.`);
}

function addRun(env: Command): void {
  addAccountOption(env.command("run <environment> [command...]"))
    .description("run a program with an environment's variables")
    .option("--no-masking", "do not hide masked values in the program's output")
    .option("--json", "errors as JSON; the program's output stays its own")
    .addHelpText(
      "after",
      "\nWhat stands behind -- is the program's own.\n\nExample:\n  $ postern env run staging -- node server.js\n",
    )
    .action(async (wanted: string, words: string[], options: { masking?: boolean }, command: Command) => {
      const chosen = chosenBy(command);
      const terminal = createTerminal(command.optsWithGlobals<{ json?: boolean }>().json === true, chosen);
      await namingNextStep(chosen, () => run(wanted, words, options.masking !== false, terminal));
    });
}

async function run(wanted: string, words: readonly string[], masking: boolean, terminal: Terminal): Promise<never> {
  const inherited = takeOver();
  demandProgram(words);
  const passage = masking ? openPassage(inherited) : undefined;
  const agent = await connect(terminal);
  const { all, values, secrets } = await unlocked(agent, async () => {
    const { variables: found, staleMs } = await variablesOf(agent, wanted);
    const taken = found.filter(({ name }) => !mayNotChange(name));
    const left = found.filter(({ name }) => mayNotChange(name));
    for (const { name } of left) terminal.tell(`postern: the environment would change ${name}; left out`);
    const resolved = await resolveVariables(agent, valuesOf(taken), {
      environment: ownVariables(),
      undone: "the program was not started",
      tell: terminal.tell,
    });
    tellOffline(terminal, oldest([staleMs, ...resolved.secrets.map((secret) => secret.staleMs)]));
    return { all: taken, ...resolved };
  }).finally(() => agent.close());
  const variables = { ...valuesOf(all), ...Object.fromEntries(values) };
  const hidden = all.filter(({ masked }) => masked).map(({ name, value }) => values.get(name) ?? value);
  const concealed = secrets.filter((secret) => secret.concealed).map(({ value }) => value);
  return runWith(words, variables, masking ? [...hidden, ...concealed] : [], inherited, passage);
}

const valuesOf = (variables: readonly Variable[]) =>
  Object.fromEntries(variables.map(({ name, value }) => [name, value]));
