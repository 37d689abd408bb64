// Runs a program so that neither the program nor the reader of its output notices Postern, except that secrets are concealed. Where
// nothing must be concealed, this process becomes the program. Otherwise a relay carries the output. README.md has the picture.
import { formsOf } from "./forms.ts";
import { type Descriptors, inheritedDescriptors, inheritedIgnored, inheritedOpenFiles } from "./inherited.ts";
import { type Layout, layOut } from "./layout.ts";
import { coreLimit, fileFlags, keepOverExec, type Limit, openFilesLimit, setCoreLimit, setFileFlags } from "./libc.ts";
import { controllingTerminal } from "./outer-terminal.ts";
import { type RelayLink, startRelay } from "./relay-process.ts";
import { runBeside } from "./run-beside.ts";
import { runInSession } from "./run-in-session.ts";
import { becomeProgram } from "./start-program.ts";

/** The state at this process's start that the program gets. */
export type Inherited = {
  readonly descriptors: Descriptors;
  readonly openFiles: Limit;
  readonly coreFiles: Limit;
  /** Signals that the program ignores from its start. */
  readonly ignored: readonly number[];
};

/**
 * Reads the state at this process's start. Must be called before it opens anything. After the call this process leaves no core file, and
 * its other children do not inherit the program's descriptors.
 */
export function takeOver(): Inherited {
  const descriptors = inheritedDescriptors();
  const coreFiles = coreLimit();
  for (const fd of descriptors.further) keepOverExec(fd, false);
  setCoreLimit({ soft: 0n, hard: coreFiles.hard });
  return { descriptors, openFiles: inheritedOpenFiles(), coreFiles, ignored: inheritedIgnored() };
}

/** The way of the output. It is made before it is known whether anything must be concealed. */
export type Passage = {
  readonly layout: Layout;
  readonly relay: RelayLink;
  /** The controlling terminal. */
  readonly tty: number | undefined;
};

/** Starts the relay while the agent answers, since both take about as long. It ends by itself where it is not needed. */
export function openPassage({ descriptors }: Inherited): Passage {
  const tty = controllingTerminal();
  const layout = layOut(tty !== undefined);
  return { layout, relay: startRelay(layout, descriptors.further), tty };
}

/** Waits for one turn of the event loop. A signal that came meanwhile is handled there, and would be lost in the program. */
const untilSignalsAreHeard = () => new Promise((resolve) => setImmediate(resolve));

/** Becomes the program, or runs it and ends as it ends. Throws NotStarted where it cannot be started. */
export async function runProgram(
  { words, variables }: { readonly words: readonly Buffer[]; readonly variables: readonly Buffer[] },
  secrets: readonly string[],
  inherited: Inherited,
  opened?: Passage,
): Promise<never> {
  const { descriptors, openFiles, coreFiles, ignored } = inherited;
  const program = { words, variables, openFiles, coreFiles, ignored };
  const ours = { openFiles: openFilesLimit(), coreFiles: coreLimit() };
  descriptors.flags.forEach((flags, fd) => {
    if (fileFlags(fd) !== flags) setFileFlags(fd, flags);
  });
  if (formsOf(secrets).length === 0) {
    await opened?.relay.dismiss();
    await untilSignalsAreHeard();
    becomeProgram(program, ours, descriptors.further);
  }
  const passage = opened ?? openPassage(inherited);
  const run = { program, ours, secrets, further: descriptors.further, ...passage };
  const { terminal } = passage.layout;
  return terminal?.leadsSession === true ? runInSession(run, terminal) : runBeside(run);
}
