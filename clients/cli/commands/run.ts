// `postern run`: a program with its references resolved into its environment, and the secrets among them concealed in its
// output. How it is run so that it cannot tell stands in ../run.
import { readFileSync } from "node:fs";
import type { Command } from "commander";
import { PosternError } from "../../typescript/generated.ts";
import { parseEnvFile } from "../env-file.ts";
import { UsageError } from "../exit-code.ts";
import { inheritedVariables, lastWords } from "../run/inherited.ts";
import { type Inherited, runProgram, takeOver } from "../run/run-program.ts";
import { type Agent, connect, unlocked } from "../session.ts";
import { createTerminal, type Terminal } from "../terminal.ts";

type Options = { envFile?: string[]; masking?: boolean; json?: boolean; wait?: boolean };

/**
 * An env file may not change what decides about our own process and the way it finds programs and code. NODE_ENV loads
 * nothing, and half of all env files have it.
 */
const OURS = /^(POSTERN_|OP_|LD_|DYLD_|NODE_(?!ENV$)|PYTHON)|^PATH$/;

/** Tokens that open accounts; a child started by us has no use for them. */
const TOKENS = ["OP_SERVICE_ACCOUNT_TOKEN", "OP_CONNECT_TOKEN", "POSTERN_SERVICE_ACCOUNT_TOKEN"];

/** References resolved by one request, as the agent's limit says. */
const BATCH = 100;

/** The variables that may hold references, and those of the env files: what the program gets over our own. */
function environmentOf(terminal: Terminal, files: readonly string[]): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) if (value?.startsWith("op://")) environment[name] = value;
  for (const path of files) Object.assign(environment, fromFile(terminal, path));
  for (const name of TOKENS) delete environment[name];
  return environment;
}

function fromFile(terminal: Terminal, path: string): Record<string, string> {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new UsageError(
      `the env file ${path} could not be read (${(error as NodeJS.ErrnoException).code})`,
      "name a file that exists and that you may read",
    );
  }
  const variables: Record<string, string> = {};
  for (const line of parseEnvFile(text)) {
    if (line.kind === "unknown")
      throw new UsageError(
        `line ${line.number} of the env file ${path} was not understood (${line.why})`,
        "make it a line NAME=value, or a comment with # before it",
      );
    if (line.kind !== "variable") continue;
    if (OURS.test(line.name))
      terminal.tell(`postern: line ${line.number} of the env file would change ${line.name}; left out`);
    else variables[line.name] = line.value;
  }
  return variables;
}

/** Replaces references by their values; answers those that are to be concealed. One prompt for up to 100. */
async function resolveAll(agent: Agent, environment: Record<string, string>, noWait: boolean): Promise<string[]> {
  const names = Object.keys(environment).filter((name) => environment[name]?.startsWith("op://"));
  const secrets: string[] = [];
  for (let at = 0; at < names.length; at += BATCH) {
    const batch = names.slice(at, at + BATCH);
    const { outcomes } = await agent.call("secrets.resolveAll", {
      references: batch.map((name) => environment[name] ?? ""),
      ...(noWait ? { noWait } : {}),
    });
    const failed = outcomes.flatMap((outcome, index) =>
      "error" in outcome ? [{ errorName: outcome.error.name, text: `${batch[index]}: ${outcome.error.message}` }] : [],
    );
    const [first] = failed;
    if (first !== undefined)
      throw new PosternError(`the program was not started; ${failed.map(({ text }) => text).join("; ")}`, {
        errorName: first.errorName,
        code: 0,
      });
    outcomes.forEach((outcome, index) => {
      if ("error" in outcome) return;
      environment[batch[index] ?? ""] = outcome.secret;
      if (outcome.concealed) secrets.push(outcome.secret);
    });
  }
  return secrets;
}

/** Whether a variable decides about our own process and the way it finds programs and code. */
export function mayNotChange(name: string): boolean {
  return OURS.test(name);
}

/** A program's own words. Throws UsageError where there are none. */
export function demandProgram(words: readonly string[]): void {
  if (words.length === 0)
    throw new UsageError("there is no command to run", "put it behind --, as in: postern run -- node server.js");
}

/**
 * Runs a program in our place, with these variables over those that we were started with, and `secrets` concealed in its
 * output. Does not come back. Throws NotStarted, UsageError.
 */
export function runWith(
  words: readonly string[],
  variables: Readonly<Record<string, string>>,
  secrets: readonly string[],
  inherited: Inherited,
): Promise<never> {
  for (const [name, value] of Object.entries(variables)) {
    if (value.includes("\0"))
      throw new UsageError(
        `the program was not started: the value of ${name} holds a zero byte, and no variable can`,
        "take it out of the value, or read it with `postern read --out-file`",
      );
  }
  return runProgram({ words: wordsAsGiven(words), variables: environ(variables) }, secrets, inherited);
}

/** Our own words as bytes: Node has decoded them, and what is no UTF-8 was lost. */
function wordsAsGiven(words: readonly string[]): Buffer[] {
  const last = lastWords(words.length);
  return last.every((word, index) => word.toString() === words[index]) ? last : words.map((word) => Buffer.from(word));
}

/** The variables that we were started with, without the tokens that open accounts, and with these over them. */
function environ(variables: Readonly<Record<string, string>>): Buffer[] {
  const given = new Map(Object.entries(variables).map(([name, value]) => [name, `${name}=${value}`]));
  const inherited = inheritedVariables().flatMap((variable) => {
    const name = nameOf(variable);
    if (TOKENS.includes(name)) return [];
    if (name === PROGRAMS_OWN.passedAs) return ownOptions(variable);
    const over = given.get(name);
    given.delete(name);
    return [over === undefined ? variable : Buffer.from(over)];
  });
  return [...inherited, ...[...given.values()].map((variable) => Buffer.from(variable))];
}

const nameOf = (variable: Buffer) => variable.subarray(0, Math.max(0, variable.indexOf("="))).toString("latin1");

/** The first line of the installed command takes NODE_OPTIONS from us under another name; it is the program's. */
const PROGRAMS_OWN = { name: "NODE_OPTIONS", passedAs: "POSTERN_NODE_OPTIONS" };

function ownOptions(variable: Buffer): Buffer[] {
  const value = variable.subarray(PROGRAMS_OWN.passedAs.length + 1);
  return value.length === 0 ? [] : [Buffer.concat([Buffer.from(`${PROGRAMS_OWN.name}=`), value])];
}

async function run(words: readonly string[], options: Options): Promise<never> {
  const inherited = takeOver();
  const terminal = createTerminal(options.json === true);
  demandProgram(words);
  const environment = environmentOf(terminal, options.envFile ?? []);
  const secrets = await resolved(terminal, environment, options.wait === false);
  return runWith(words, environment, options.masking === false ? [] : secrets, inherited);
}

/** Asks the agent only where there is something to ask for. */
async function resolved(terminal: Terminal, environment: Record<string, string>, noWait: boolean): Promise<string[]> {
  if (!Object.values(environment).some((value) => value.startsWith("op://"))) return [];
  const agent = await connect(terminal);
  return unlocked(agent, () => resolveAll(agent, environment, noWait)).finally(() => agent.close());
}

export function addRunCommand(program: Command): void {
  program
    .command("run [command...]")
    .description("run a program with the references in its environment resolved")
    .option(
      "--env-file <file>",
      "variables from this env file too; may be given again",
      (value: string, all: string[] = []) => [...all, value],
    )
    .option("--no-masking", "do not hide secrets in the program's output")
    .option("--no-wait", "fail at once when a person would have to approve")
    .option("--json", "errors as JSON; the program's output stays its own")
    .passThroughOptions()
    .addHelpText(
      "after",
      "\nOther processes of yours can read a program's environment. Signals and the exit code pass.\n\nExample:\n  $ postern run --env-file .env -- node server.js\n",
    )
    .action(async (words: string[], options: Options) => {
      await run(words, options);
    });
}
