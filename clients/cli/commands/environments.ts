// env: named sets of variables, and programs that run with one.
import { readFileSync } from "node:fs";
import type { Command } from "commander";
import { PosternError } from "../../typescript/generated.ts";
import { askSecret, demandYes } from "../ask.ts";
import { addCommand } from "../context.ts";
import { parseEnvFile, quoted } from "../env-file.ts";
import { UsageError } from "../exit-code.ts";
import { namedPart } from "../named-part.ts";
import { idOf } from "../one-of.ts";
import { openOutFile } from "../out-file.ts";
import { takeOver } from "../run/run-program.ts";
import { fromDescriptor } from "../secret-input.ts";
import { type Agent, connect, unlocked, withAgent } from "../session.ts";
import { createTerminal, type Terminal, table } from "../terminal.ts";
import { demandProgram, mayNotChange, runWith } from "./run.ts";

type Variable = { name: string; value: string; masked: boolean };

/** As the agent takes it, and a shell. */
const VARIABLE_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** What a masked value looks like until it is asked for. */
const HIDDEN = "********";

function environmentId(agent: Agent, wanted: string): Promise<string> {
  return idOf("environment", wanted, async () => (await agent.call("environments.list", {})).environments);
}

async function variablesOf(agent: Agent, wanted: string): Promise<Variable[]> {
  return (await agent.call("environments.getVariables", { environmentId: await environmentId(agent, wanted) }))
    .variables;
}

/** Variables of an env file. Throws UsageError for a line that is not understood: half a file is worse than none. */
function fromFile(path: string): Variable[] {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new UsageError(
      `the env file ${path} could not be read (${(error as NodeJS.ErrnoException).code})`,
      "name a file that exists and that you may read",
    );
  }
  const lines = parseEnvFile(text);
  const unknown = lines.flatMap((line) => (line.kind === "unknown" ? [`line ${line.number} (${line.why})`] : []));
  if (unknown.length > 0)
    throw new UsageError(
      `nothing was imported; not understood in ${path}: ${unknown.join(", ")}`,
      "make each a line NAME=value, or a comment with # before it",
    );
  return lines.flatMap((line) =>
    line.kind === "variable" ? [{ name: line.name, value: line.value, masked: true }] : [],
  );
}

type SetOptions = { plain?: string[]; secretFd?: string[]; secret?: string[] };

async function given({ plain = [], secretFd = [], secret = [] }: SetOptions): Promise<Variable[]> {
  const open = plain.map((text) => {
    const [name, value] = namedPart(text, "--plain", "VALUE");
    if (/pass|secret|token|key|pin/i.test(name))
      throw new UsageError(
        "--plain is for what anybody may see, and this name says it is a secret",
        "use --secret NAME",
      );
    return { name, value, masked: false };
  });
  const described = secretFd.map((text) => {
    const [name, number] = namedPart(text, "--secret-fd", "N");
    return { name, value: fromDescriptor(number, "--secret-fd", `${name}=3`), masked: true };
  });
  const typed: Variable[] = [];
  for (const name of secret) {
    if (name.includes("="))
      throw new UsageError("--secret takes a name alone; the value is typed", "use --secret NAME");
    typed.push({ name, value: await askSecret(name, "--secret-fd"), masked: true });
  }
  const all = [...open, ...described, ...typed];
  if (!all.every(({ name }) => VARIABLE_NAME.test(name)))
    throw new UsageError(
      "the name of a variable has letters, digits and _, and begins with no digit",
      "for one, DATABASE_URL",
    );
  if (all.length === 0)
    throw new UsageError("there is nothing to set", "use --secret NAME, --secret-fd NAME=N or --plain NAME=VALUE");
  return all;
}

const collected = (value: string, all: string[] = []) => [...all, value];

/** Adds `postern env …`. */
export function addEnvironmentCommands(program: Command): void {
  const env = program.command("env").description("environments: named sets of variables");
  addCommand(env, "list", "list the environments", "postern env list", [], (terminal) =>
    withAgent(terminal, async (agent) => {
      const listed = await agent.call("environments.list", {});
      terminal.result(listed, () =>
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
      terminal.result(made, () => `Made ${made.title} (${made.id}).`);
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
        const id = await environmentId(agent, wanted);
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
        const all = await variablesOf(agent, wanted);
        const shown = all.map((one) => (one.masked && options.reveal !== true ? { ...one, value: HIDDEN } : one));
        terminal.result({ variables: shown }, () => shown.map(({ name, value }) => `${name}=${value}`).join("\n"));
      }),
  );
  const set = addCommand<SetOptions>(
    env,
    "set <environment>",
    "set variables; the others stay",
    "postern env set staging --secret DATABASE_URL",
    [],
    async (terminal, [wanted = ""], options) => {
      // Once: a descriptor gives its value once, and after an unlock the rest begins anew.
      const variables = await given(options);
      await withAgent(terminal, async (agent) => {
        const id = await environmentId(agent, wanted);
        await agent.call("environments.set", { environmentId: id, variables });
        terminal.result({ set: variables.map(({ name }) => name) }, () => `Set ${variables.length}.`);
      });
    },
  );
  set.option("--secret <name>", "a variable whose value is typed", collected);
  set.option("--secret-fd <name=n>", "a variable whose value comes from file descriptor n", collected);
  set.option("--plain <name=value>", "a variable that anybody may see", collected);
  addCommand(
    env,
    "unset <environment> <names...>",
    "take variables away",
    "postern env unset staging DATABASE_URL",
    [],
    (terminal, [wanted = "", ...names]) =>
      withAgent(terminal, async (agent) => {
        const id = await environmentId(agent, wanted);
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
  addCommand(
    env,
    "import <environment> <file>",
    "set every variable of an env file; the environment is made if it is missing",
    "postern env import staging .env",
    [],
    async (terminal, [wanted = "", path = ""]) => {
      const variables = fromFile(path);
      if (variables.length === 0) throw new UsageError(`${path} sets no variable`, "name a file of lines NAME=value");
      await withAgent(terminal, async (agent) => {
        const { environments } = await agent.call("environments.list", {});
        const known = environments.some(
          ({ id, title }) => id === wanted || title.toLowerCase() === wanted.toLowerCase(),
        );
        const id = known
          ? await environmentId(agent, wanted)
          : (await agent.call("environments.create", { title: wanted })).id;
        await agent.call("environments.set", { environmentId: id, variables });
        terminal.result(
          { environment: id, set: variables.length },
          () => `Set ${variables.length} in ${wanted} (${id}).`,
        );
      });
    },
  );
  addCommand<{ outFile?: string }>(
    env,
    "export <environment>",
    "write the variables as an env file, values in clear",
    "postern env export staging --out-file .env",
    [["--out-file <file>", "write there, for you alone (0600), instead of to the terminal"]],
    (terminal, [wanted = ""], options) =>
      withAgent(terminal, async (agent) => {
        const all = await variablesOf(agent, wanted);
        if (options.outFile === undefined && !terminal.json && process.stdout.isTTY === true)
          throw new UsageError("values would be shown on the terminal", "use --out-file, or a pipe");
        const text = all.map(({ name, value }) => `${name}=${quotedValue(value)}\n`).join("");
        if (options.outFile === undefined) return terminal.result({ variables: all }, () => text.trimEnd());
        const file = openOutFile(options.outFile);
        file.write(new TextEncoder().encode(text));
        file.done();
        terminal.result({ written: all.length }, () => `Wrote ${all.length}.`);
      }),
  );
}

/** As an env file takes it; what no quote can hold is refused, since another value would come back. */
function quotedValue(value: string): string {
  if (!/["\\\n]/.test(value)) return quoted(value);
  if (!value.includes("'")) return `'${value}'`;
  if (!value.includes("`")) return `\`${value}\``;
  throw new UsageError("a value holds every kind of quote and fits into no env file", "use --json");
}

function addRun(env: Command): void {
  env
    .command("run <environment> [command...]")
    .description("run a program with an environment's variables")
    .option("--no-masking", "do not hide masked values in the program's output")
    .option("--json", "errors as JSON; the program's output stays its own")
    .addHelpText(
      "after",
      "\nWhat stands behind -- is the program's own.\n\nExample:\n  $ postern env run staging -- node server.js\n",
    )
    .action(async (wanted: string, words: string[], options: { masking?: boolean; json?: boolean }) => {
      await run(wanted, words, options.masking !== false, createTerminal(options.json === true));
    });
}

async function run(wanted: string, words: readonly string[], masking: boolean, terminal: Terminal): Promise<never> {
  const inherited = takeOver();
  demandProgram(words);
  const agent = await connect(terminal);
  const all = await unlocked(agent, () => variablesOf(agent, wanted)).finally(() => agent.close());
  const ours = all.filter(({ name }) => mayNotChange(name));
  for (const { name } of ours) terminal.tell(`postern: the environment would change ${name}; left out`);
  const variables = Object.fromEntries(
    all.filter((one) => !ours.includes(one)).map(({ name, value }) => [name, value]),
  );
  const secrets = masking ? all.filter(({ masked }) => masked).map(({ value }) => value) : [];
  return runWith(words, variables, secrets, inherited);
}
