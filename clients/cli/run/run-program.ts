// Runs a program so that it cannot tell, and neither can whoever reads its output, except that secrets are concealed. Where
// there is nothing to conceal this process becomes the program. Else a relay carries the output. README.md has the picture.
import { formsOf } from "./forms.ts";
import { type Descriptors, inheritedDescriptors, inheritedOpenFiles } from "./inherited.ts";
import { type Layout, layOut } from "./layout.ts";
import { coreLimit, fileFlags, keepOverExec, type Limit, openFilesLimit, setCoreLimit, setFileFlags } from "./libc.ts";
import { controllingTerminal } from "./outer-terminal.ts";
import { type RelayLink, startRelay } from "./relay-process.ts";
import { runBeside } from "./run-beside.ts";
import { runInSession } from "./run-in-session.ts";
import { becomeProgram } from "./start-program.ts";

/** What the program is to have as we had it. */
export type Inherited = {
  readonly descriptors: Descriptors;
  readonly openFiles: Limit;
  readonly coreFiles: Limit;
};

/**
 * Notes what this process was started with; called before it opens anything. From then on it leaves no core file, and what it
 * starts beside the program does not inherit the program's descriptors.
 */
export function takeOver(): Inherited {
  const descriptors = inheritedDescriptors();
  const coreFiles = coreLimit();
  for (const fd of descriptors.further) keepOverExec(fd, false);
  setCoreLimit({ soft: 0n, hard: coreFiles.hard });
  return { descriptors, openFiles: inheritedOpenFiles(), coreFiles };
}

/** What the output passes through, made before it is known whether anything is to be concealed. */
export type Passage = {
  readonly layout: Layout;
  readonly relay: RelayLink;
  /** The controlling terminal. */
  readonly tty: number | undefined;
};

/** Starts the relay, which takes as long to start as the agent does to answer. It ends by itself where it is not needed. */
export function openPassage({ descriptors }: Inherited): Passage {
  const tty = controllingTerminal();
  const layout = layOut(tty !== undefined);
  return { layout, relay: startRelay(layout, descriptors.further), tty };
}

/** A signal that came while we were busy is heard in the next turn of the event loop; in the program it would be lost. */
const untilSignalsAreHeard = () => new Promise((resolve) => setImmediate(resolve));

/** Runs the program in our place, or ends as it ends. Throws NotStarted where it cannot be started. */
export async function runProgram(
  { words, variables }: { readonly words: readonly Buffer[]; readonly variables: readonly Buffer[] },
  secrets: readonly string[],
  inherited: Inherited,
  opened?: Passage,
): Promise<never> {
  const { descriptors, openFiles, coreFiles } = inherited;
  const program = { words, variables, openFiles, coreFiles };
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
