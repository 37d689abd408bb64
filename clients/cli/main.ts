#!/usr/bin/env -S -u NODE_OPTIONS POSTERN_NODE_OPTIONS=${NODE_OPTIONS} node --disable-sigusr1 --
import { chosenAccount } from "./agent/chosen-account.ts";
import { namingNextStep } from "./agent/next-step.ts";
import { demandNoInspector, keepOutOfCores } from "./agent/protect.ts";
import { demandNode } from "./node-version.ts";
import { read } from "./read.ts";
// The `postern` command. The most frequent call is `read` with a reference and nothing else. It bypasses the command parser and loads
// only the code that it needs.
//
// NODE_OPTIONS could load code into the command, so it is passed on to the programs of `run` only. Without --disable-sigusr1, SIGUSR1
// would open a debugger port to every user of the machine.
//
// The `--` above is needed. Node searches the whole command line for --env-file, the script's own words too, and obeys a NODE_OPTIONS in
// that file. Without `--`, `postern run --env-file .env` would run any code that the file names.
import { exitCodeOf, exitCodes } from "./terminal/exit-code.ts";
import { wordsOf } from "./terminal/failure.ts";
import { jsonText } from "./terminal/json-text.ts";
import { withLocalTimes } from "./terminal/local-time.ts";
import { leaveDescriptorsAlone } from "./terminal/own-stdio.ts";
import { tellStderr } from "./terminal/stderr.ts";
import { watchStdout } from "./terminal/stdout.ts";
import { createTerminal, shownLines } from "./terminal/terminal.ts";
import { VERSION } from "./version.ts";

async function main(words: readonly string[]): Promise<void> {
  demandNode();
  demandNoInspector(process.execArgv, process.env);
  const [command, reference, ...rest] = words;
  const runs = runsProgram(words);
  if (runs) leaveDescriptorsAlone();
  else keepOutOfCores();
  if (command === "read" && reference !== undefined && !reference.startsWith("-") && rest.length === 0) {
    const chosen = chosenAccount(undefined);
    await namingNextStep(chosen, () => read(createTerminal(false, chosen), { reference }));
    // The value has been written. The agent closes the connection in order.
    process.exit();
  }
  // Called after the rejection of an awaited write, whose error says more exactly what is lost.
  if (!runs) watchStdout((error) => setImmediate(() => process.exit(end(error))));
  if (words.length === 1 && (command === "--version" || command === "-V"))
    return void process.stdout.write(`${VERSION}\n`);
  const { program } = await import("./program.ts");
  await program(wantsJson).parseAsync([...words], { from: "user" });
}

/** Whether the command ends by becoming, or carrying, another program. `--json` and `--account` may stand before it. */
function runsProgram(words: readonly string[]): boolean {
  const [first = "", second = ""] = words;
  if (first === "--json" || first.startsWith("--account=")) return runsProgram(words.slice(1));
  if (first === "--account") return runsProgram(words.slice(2));
  return first === "run" || (first === "env" && second === "run");
}

/** Prints `postern: what happened` and the next step, or JSON under --json. Never a stack, which may hold values. */
function tell(error: unknown, json: boolean): void {
  const { name, message, hint, incident } = wordsOf(error);
  if (json) return tellStderr(`${jsonText({ error: { name, message, hint, incident } })}\n`);
  // The agent names the time at which a service went away, and does not know this terminal's time zone.
  const text = name === "offline" ? withLocalTimes(message) : message;
  tellStderr(`postern: ${shown(text)}${incident === undefined ? "" : ` (incident ${incident})`}\n`);
  if (hint !== undefined) tellStderr(`  next: ${shown(hint)}\n`);
}

/** Some messages hold the name of a file, which must not move the reader's cursor. */
const shown = (text: string) => shownLines(text).join("\n");

/** Before a program of `run` has started, Ctrl-C ends the command by the signal, so that a shell's loop ends too. Elsewhere it ends in order, with a code. */
function interrupted(): void {
  if (!runsProgram(words)) process.exit(exitCodes.interrupted);
  process.off("SIGINT", interrupted);
  process.kill(process.pid, "SIGINT");
}

let ended: number | undefined;

/** Prints the first error that ends a command. Returns its exit code. */
function end(error: unknown): number {
  if (ended !== undefined) return ended;
  tell(error, wantsJson);
  ended = (error as { name?: string }).name === "Interrupted" ? exitCodes.interrupted : exitCodeOf(error);
  return ended;
}

const words = process.argv.slice(2);
/** Words behind `--` belong to another program. */
const wantsJson = (words.includes("--") ? words.slice(0, words.indexOf("--")) : words).includes("--json");
process.on("SIGINT", interrupted);
// Otherwise Node would print a listener's error with its text.
process.on("uncaughtException", (error) => process.exit(end(error)));
main(words).catch((error: unknown) => {
  if ((error as { name?: string }).name === "Shown") return;
  process.exitCode = end(error);
  // The terminal and the relay, opened for running a program, would keep this process alive.
  if (runsProgram(words)) process.exit();
});
