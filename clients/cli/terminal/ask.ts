// Asks the person at the terminal. Questions use /dev/tty and never stdin, which may be a pipe. Without a terminal a question becomes an
// error that names the option to use.
import { openSync } from "node:fs";
import { ReadStream, WriteStream } from "node:tty";
import { confirm, isCancel, password, select, text } from "@clack/prompts";
import { UsageError } from "./exit-code.ts";
import { oneLine } from "./terminal.ts";

/** Ctrl-C at a question. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
  constructor() {
    super("interrupted; nothing was changed");
  }
}

type Terminal = { input: ReadStream; output: WriteStream };

function open(what: string, option = "the option that reads it from elsewhere (--help)"): Terminal {
  try {
    return { input: new ReadStream(openSync("/dev/tty", "r")), output: new WriteStream(openSync("/dev/tty", "w")) };
  } catch {
    throw new UsageError(`there is no terminal to ask on: ${what}`, `run this in a terminal, or use ${option}`);
  }
}

async function onTerminal<T>(
  what: string,
  question: (terminal: Terminal) => Promise<unknown>,
  option?: string,
): Promise<T> {
  const terminal = open(what, option);
  try {
    const answer = await question(terminal);
    if (isCancel(answer)) throw new Interrupted();
    return answer as T;
  } finally {
    terminal.input.destroy();
    terminal.output.destroy();
  }
}

/** Throws UsageError with the option to use, where there is no terminal. */
export function demandTerminal(what: string, option: string): void {
  const terminal = open(what, option);
  terminal.input.destroy();
  terminal.output.destroy();
}

/** Whether there is a terminal for questions. */
export function hasTerminal(): boolean {
  try {
    demandTerminal("this", "another option");
    return true;
  } catch (error) {
    if (error instanceof UsageError) return false;
    throw error;
  }
}

/** Asks for a secret without echo. `check` returns its fault, if it has one. `option` gives the secret where there is no terminal. */
export function askSecret(
  message: string,
  option?: string,
  check: (value: string) => string | undefined = (value) => (value === "" ? "type something" : undefined),
): Promise<string> {
  return onTerminal(
    message,
    (terminal) => password({ message, validate: (value) => check(value ?? ""), ...terminal }),
    option,
  );
}

/** A line of text. */
export function askText(message: string, initialValue = ""): Promise<string> {
  return onTerminal(message, (terminal) =>
    text({
      message,
      initialValue,
      validate: (value) => ((value ?? "").trim() === "" ? "type something" : undefined),
      ...terminal,
    }),
  );
}

/** Lets the person choose one of several. The first is preselected. */
export function askOne<T extends string>(
  message: string,
  options: readonly { readonly value: T; readonly label: string }[],
  option: string,
): Promise<T> {
  const shown: { value: string; label: string }[] = [...options];
  return onTerminal(message, (terminal) => select({ message, options: shown, ...terminal }), option);
}

/** Asks for yes or no. Enter alone means no. */
export function askYes(message: string): Promise<boolean> {
  const shown = oneLine(message);
  return onTerminal(shown, (terminal) => confirm({ message: shown, initialValue: false, ...terminal }), "--yes");
}

/** Asks before an act that cannot be undone, unless --yes was given. Throws UsageError with `otherwise` for any answer but yes. */
export async function demandYes({ yes }: { yes?: boolean }, message: string, otherwise: string): Promise<void> {
  if (yes !== true && !(await askYes(message))) throw new UsageError(otherwise, "answer yes, or use --yes");
}
