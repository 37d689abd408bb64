#!/usr/bin/env -S -u NODE_OPTIONS POSTERN_NODE_OPTIONS=${NODE_OPTIONS} node --disable-sigusr1 --
import { chosenAccount } from "./agent/chosen-account.ts";
import { demandNoInspector, keepOutOfCores } from "./agent/protect.ts";
import { demandNode } from "./node-version.ts";
import { read } from "./read.ts";
// The `postern` command. `read` with nothing but a reference, the most frequent of all, goes ahead of the command parser
// and loads only what it needs.
//
// NODE_OPTIONS is for the programs that `run` starts, not for us: it could load code into the command. Without
// --disable-sigusr1 that signal would open a debugger port to every user of the machine.
//
// The `--` above is a lock. Node looks for --env-file in the whole command line, the script's own words too, and obeys a
// NODE_OPTIONS in that file: without it, `postern run --env-file .env` would run whatever code the file asks for.
import { exitCodeOf, exitCodes } from "./terminal/exit-code.ts";
import { wordsOf } from "./terminal/failure.ts";
import { withLocalTimes } from "./terminal/local-time.ts";
import { leaveDescriptorsAlone } from "./terminal/own-stdio.ts";
import { tellStderr } from "./terminal/stderr.ts";
import { watchStdout } from "./terminal/stdout.ts";
import { createTerminal, oneLine } from "./terminal/terminal.ts";
import { VERSION } from "./version.ts";

async function main(words: readonly string[]): Promise<void> {
  demandNode();
  demandNoInspector(process.execArgv, process.env);
  const [command, reference, ...rest] = words;
  const runs = runsProgram(words);
  if (runs) leaveDescriptorsAlone();
  else keepOutOfCores();
  if (command === "read" && reference !== undefined && !reference.startsWith("-") && rest.length === 0) {
    await read(createTerminal(false, chosenAccount(undefined)), { reference });
    // What was read has been written; taking the connection down in order is the agent's part.
    process.exit();
  }
  // Later than the rejection of a write that somebody waited for, which knows better what is lost.
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

/** `postern: what happened`, then the next step; as JSON where that was asked for. Never a stack: it may hold values. */
function tell(error: unknown, json: boolean): void {
  const { name, message, hint, incident } = wordsOf(error);
  if (json) return tellStderr(`${JSON.stringify({ error: { name, message, hint, incident } })}\n`);
  // The agent tells since when a service is not reached, and does not know this terminal's zone.
  const text = name === "offline" ? withLocalTimes(message) : message;
  tellStderr(`postern: ${shown(text)}${incident === undefined ? "" : ` (incident ${incident})`}\n`);
  if (hint !== undefined) tellStderr(`  next: ${shown(hint)}\n`);
}

/** A name of a file is part of some: it must not move the cursor of who reads it. */
const shown = (text: string) => text.split("\n").map(oneLine).join("\n");

/** Before a program runs Ctrl-C ends the command by the signal, so that a shell's loop ends too; elsewhere in order, by its code. */
function interrupted(): void {
  if (!runsProgram(words)) process.exit(exitCodes.interrupted);
  process.off("SIGINT", interrupted);
  process.kill(process.pid, "SIGINT");
}

let ended: number | undefined;

/** Tells what a command ended of, the first time; answers its exit code. */
function end(error: unknown): number {
  if (ended !== undefined) return ended;
  tell(error, wantsJson);
  ended = (error as { name?: string }).name === "Interrupted" ? exitCodes.interrupted : exitCodeOf(error);
  return ended;
}

const words = process.argv.slice(2);
/** What stands behind `--` is another program's. */
const wantsJson = (words.includes("--") ? words.slice(0, words.indexOf("--")) : words).includes("--json");
process.on("SIGINT", interrupted);
// A listener's error would else be told by Node, with its text.
process.on("uncaughtException", (error) => process.exit(end(error)));
main(words).catch((error: unknown) => {
  if ((error as { name?: string }).name === "Shown") return;
  process.exitCode = end(error);
  // What was opened to run a program would keep us: the terminal, and the relay.
  if (runsProgram(words)) process.exit();
});
