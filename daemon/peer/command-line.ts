// Reads the command line of an interpreter: which file it runs, or that its code is in no file, and whether other code is loaded too. It is
// only a claim. A process can rewrite its own command line, so nothing is granted because of what is read here.
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { type Interpreter, interpreters } from "./interpreters.ts";

/** The program of an interpreter, as its command line says it. */
export type Runs = { readonly is: "file"; readonly path: string } | Unfiled;

/** A program that is in no file of the command line. */
export type Unfiled =
  /** A module of Python, or a class or module of Java. The interpreter looks for its file in a way of its own. */
  | { readonly is: "module" | "class"; readonly name: string }
  /** The code is in the command line, or comes from standard input. */
  | { readonly is: "code" };

export type CommandLine = {
  /** Undefined where nothing is claimed: no interpreter, or no program in its words. */
  readonly runs: Runs | undefined;
  /** Whether options load code beside the file that is named, or instead of one. */
  readonly loadsOther: boolean;
};

/** The interpreter behind a path. Undefined for every other program. */
export function interpreterAt(executablePath: string): Interpreter | undefined {
  // python3.11, ruby3.1 and perl5.36.0 count as python, ruby and perl.
  const family = basename(executablePath).replace(/[-\d.]+$/, "");
  return Object.hasOwn(interpreters, family) ? interpreters[family] : undefined;
}

/** Reads the words behind the program's own name. */
export function readCommandLine(interpreter: Interpreter, words: readonly string[]): CommandLine {
  let rest = words;
  let loadsOther = false;
  for (;;) {
    const names: string[] = [];
    const options = optionsOf(interpreter, rest);
    let step = options.next();
    for (; step.done !== true; step = options.next()) {
      const { name, value } = step.value;
      names.push(name);
      loadsOther ||= interpreter.loads?.test(`${name}=${value ?? ""}`) === true;
      const runs = runsBy(interpreter, name, value);
      if (runs !== undefined) return claim(runs, loadsOther);
      // A file of options may hold any option, and even the program.
      if (interpreter.other?.includes(name) || isOptionFile(interpreter, name)) return { runs, loadsOther };
    }
    const word = rest[step.value];
    if (word === undefined || word === "" || interpreter.other?.includes(word)) return { runs: undefined, loadsOther };
    if (interpreter.codeCommands?.includes(word)) return claim({ is: "code" }, loadsOther);
    const isCommand = rest === words && interpreter.commands?.includes(word) === true;
    if (!isCommand) return claim(operand(interpreter, word, names), loadsOther);
    rest = rest.slice(step.value + 1);
  }
}

const claim = (runs: Runs, loadsOther: boolean): CommandLine => ({
  runs,
  loadsOther: loadsOther || runs.is === "code",
});

function runsBy(interpreter: Interpreter, name: string, value: string | undefined): Runs | undefined {
  // A lone dash is standard input.
  if (interpreter.code?.includes(name) || name === "-") return { is: "code" };
  if (interpreter.module?.includes(name)) return { is: "module", name: value ?? "" };
  if (interpreter.file?.includes(name) && value !== undefined) return { is: "file", path: value };
  return undefined;
}

/** The word behind the options. */
function operand(interpreter: Interpreter, word: string, names: readonly string[]): Runs {
  if (interpreter.urls && /^data:/i.test(word)) return { is: "code" };
  if (interpreter.urls && /^file:\/\/\//i.test(word)) return { is: "file", path: pathOf(word) };
  if (interpreter.urls && /^[a-z][a-z\d+.-]*:/i.test(word)) return { is: "module", name: word };
  if (interpreter.alongPath?.some((name) => names.includes(name)) && !word.includes("/"))
    return { is: "module", name: word };
  const { fileAfter } = interpreter;
  if (fileAfter === undefined || word.endsWith(".java") || fileAfter.some((name) => names.includes(name)))
    return { is: "file", path: word };
  return { is: "class", name: word };
}

function pathOf(url: string): string {
  try {
    return fileURLToPath(url);
  } catch {
    // No file has such a name. Whatever is shown is a claim.
    return url;
  }
}

type Option = { readonly name: string; readonly value: string | undefined };

/** The options up to the first word that is none. Returns the position of that word. */
function* optionsOf(interpreter: Interpreter, words: readonly string[]): Generator<Option, number> {
  let at = 0;
  for (; at < words.length; at++) {
    const word = words[at] ?? "";
    if (word === "--" || (word === "-" && interpreter.dashEnds)) return at + 1;
    if (!/^-/.test(word) && !(interpreter.plus && /^\+./.test(word)) && !isOptionFile(interpreter, word)) return at;
    for (const { name, value } of split(interpreter, word)) {
      const takesNext = value === undefined && takesValue(interpreter, name);
      if (takesNext) at++;
      yield { name, value: takesNext ? words[at] : value };
    }
  }
  return at;
}

/** A file of options, as Java reads it. */
const isOptionFile = (interpreter: Interpreter, word: string) => interpreter.wholeWords === true && /^@[^@]/.test(word);

function takesValue({ valued, ahead, module, file }: Interpreter, name: string): boolean {
  return [valued, ahead, module, file].some((those) => those?.includes(name));
}

/** The options in one word: a long one, or one for each letter. */
function split(interpreter: Interpreter, word: string): Option[] {
  const { wholeWords } = interpreter;
  if (word === "-") return [{ name: word, value: undefined }];
  if (word.startsWith("--")) {
    const equals = word.indexOf("=");
    const name = equals === -1 ? word : word.slice(0, equals);
    // Node takes --no_warnings for --no-warnings.
    return [{ name: name.replaceAll("_", "-"), value: equals === -1 ? undefined : word.slice(equals + 1) }];
  }
  if (wholeWords === true || wholeWords?.includes(word))
    return [{ name: longName(wholeWords, word), value: undefined }];
  const found: Option[] = [];
  for (let at = 1; at < word.length; at++) {
    const name = `${word[0]}${word[at]}`;
    const rest = word.slice(at + 1);
    const takesRest = takesValue(interpreter, name) && !interpreter.ahead?.includes(name);
    const isLast = takesRest || interpreter.tailed?.includes(name) === true;
    found.push({ name, value: isLast && rest !== "" ? rest : undefined });
    if (isLast || interpreter.code?.includes(name)) break;
  }
  return found;
}

/** Bash takes -rcfile for --rcfile. */
const longName = (wholeWords: true | readonly string[], word: string) => (wholeWords === true ? word : `-${word}`);
