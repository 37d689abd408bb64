// `postern run`: runs a program with the secrets of its references in its environment, and conceals them in its output. The folder ../run does
// the running.
import type { Command } from "commander";
import { namingNextStep } from "../agent/next-step.ts";
import { tellOffline } from "../agent/offline.ts";
import { connect, unlocked } from "../agent/session.ts";
import { addAccountOption, chosenBy } from "../context.ts";
import { variablesOf } from "../env/env-source.ts";
import { ownVariables, TOKENS } from "../env/own-variables.ts";
import { AT_START_VARIABLE, inheritedVariables, lastWords } from "../run/inherited.ts";
import { type Inherited, openPassage, type Passage, runProgram, takeOver } from "../run/run-program.ts";
import { UsageError } from "../terminal/exit-code.ts";
import { createTerminal, type Terminal } from "../terminal/terminal.ts";
import { looksLikeReference, PREFIX } from "../text/reference-text.ts";
import { oldest, resemblance, resolveVariables } from "../text/references.ts";

type Options = { envFile?: string[]; masking?: boolean; json?: boolean; wait?: boolean };

/**
 * Variables that an env file may not change: they decide about our own process, and how it finds programs and code. NODE_ENV is allowed, since it
 * loads nothing and half of all env files have it.
 */
const OURS = /^(POSTERN_|OP_|LD_|DYLD_|NODE_(?!ENV$)|PYTHON)|^PATH$/;

const UNDONE = "the program was not started";

/** The variables of the env files. A later file wins. */
function fromFiles(terminal: Terminal, paths: readonly string[]): Map<string, string> {
  const variables = new Map<string, string>();
  for (const path of paths) {
    for (const { name, value, number } of variablesOf(path, UNDONE)) {
      if (OURS.test(name)) terminal.tell(`postern: line ${number} of the env file would change ${name}; left out`);
      else variables.set(name, value);
    }
  }
  return variables;
}

/** Whether a variable decides about our own process, or how it finds programs and code. */
export function mayNotChange(name: string): boolean {
  return OURS.test(name);
}

/** A program's own words. Throws UsageError where there are none. */
export function demandProgram(words: readonly string[]): void {
  if (words.length === 0)
    throw new UsageError("there is no command to run", "put it behind --, as in: postern run -- node server.js");
}

/**
 * Runs a program in place of this process, with these variables over the inherited ones, and conceals `secrets` in its output. Does not return.
 * Throws NotStarted, UsageError.
 */
export function runWith(
  words: readonly string[],
  variables: Readonly<Record<string, string>>,
  secrets: readonly string[],
  inherited: Inherited,
  passage?: Passage,
): Promise<never> {
  for (const [name, value] of Object.entries(variables)) {
    if (value.includes("\0"))
      throw new UsageError(
        `the program was not started: the value of ${name} holds a zero byte, and no variable can`,
        "take it out of the value, or read it with `postern read --out-file`",
      );
  }
  return runProgram({ words: wordsAsGiven(words), variables: environ(variables) }, secrets, inherited, passage);
}

/** The command's own words as bytes. Node's decoded words have lost bytes that are no UTF-8. */
function wordsAsGiven(words: readonly string[]): Buffer[] {
  const last = lastWords(words.length);
  return last.every((word, index) => word.toString() === words[index]) ? last : words.map((word) => Buffer.from(word));
}

/** The inherited variables without the tokens that open accounts, and with these over them. */
function environ(variables: Readonly<Record<string, string>>): Buffer[] {
  const given = new Map(Object.entries(variables).map(([name, value]) => [name, `${name}=${value}`]));
  const inherited = inheritedVariables().flatMap((variable) => {
    const name = nameOf(variable);
    if (TOKENS.includes(name) || name === AT_START_VARIABLE) return [];
    if (name === PROGRAMS_OWN.passedAs) return ownOptions(variable);
    const over = given.get(name);
    given.delete(name);
    return [over === undefined ? variable : Buffer.from(over)];
  });
  return [...inherited, ...[...given.values()].map((variable) => Buffer.from(variable))];
}

const nameOf = (variable: Buffer) => variable.subarray(0, Math.max(0, variable.indexOf("="))).toString("latin1");

/** The first line of the installed command moves NODE_OPTIONS to another name. This gives it back to the program. */
const PROGRAMS_OWN = { name: "NODE_OPTIONS", passedAs: "POSTERN_NODE_OPTIONS" };

function ownOptions(variable: Buffer): Buffer[] {
  const value = variable.subarray(PROGRAMS_OWN.passedAs.length + 1);
  return value.length === 0 ? [] : [Buffer.concat([Buffer.from(`${PROGRAMS_OWN.name}=`), value])];
}

async function run(terminal: Terminal, words: readonly string[], options: Options): Promise<never> {
  const inherited = takeOver();
  demandProgram(words);
  const given = fromFiles(terminal, options.envFile ?? []);
  const all = { ...ownVariables(), ...Object.fromEntries(given) };
  // Without any reference the agent is not asked, and nothing is concealed.
  if (!Object.values(all).some((value) => value.includes(PREFIX))) {
    for (const [name, value] of Object.entries(all)) if (looksLikeReference(value)) terminal.tell(resemblance(name));
    return runWith(words, Object.fromEntries(given), [], inherited);
  }
  const passage = options.masking === false ? undefined : openPassage(inherited);
  const { values, secrets } = await resolved(terminal, all, options);
  const variables = Object.fromEntries([...given, ...values]);
  return runWith(words, variables, passage === undefined ? [] : secrets, inherited, passage);
}

/** The values of variables that hold references, and the values to conceal. One prompt covers up to 100 references. */
async function resolved(
  terminal: Terminal,
  variables: Readonly<Record<string, string>>,
  { wait }: Options,
): Promise<{ values: ReadonlyMap<string, string>; secrets: string[] }> {
  const agent = await connect(terminal);
  const asked = { noWait: wait === false, undone: UNDONE, tell: terminal.tell };
  const { values, secrets } = await unlocked(agent, () => resolveVariables(agent, variables, asked)).finally(() =>
    agent.close(),
  );
  tellOffline(terminal, oldest(secrets.map(({ staleMs }) => staleMs)));
  return { values, secrets: secrets.filter(({ concealed }) => concealed).map(({ value }) => value) };
}

export function addRunCommand(program: Command): void {
  addAccountOption(program.command("run [command...]"))
    .description("run a program with the references in its environment resolved")
    .option(
      "--env-file <file>",
      "take variables from this env file too; repeat it for more files",
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
    .action(async (words: string[], options: Options, command: Command) => {
      const chosen = chosenBy(command);
      const { json } = command.optsWithGlobals<Pick<Options, "json">>();
      await namingNextStep(chosen, () => run(createTerminal(json === true, chosen), words, options));
    });
}
