// inject: writes a template with the secrets in place of its references.
import { isatty } from "node:tty";
import type { Command } from "commander";
import { offlineFacts, tellOffline } from "../agent/offline.ts";
import { withAgent } from "../agent/session.ts";
import { addCommand } from "../context.ts";
import { ownVariables } from "../env/own-variables.ts";
import { type Force, forceOption } from "../files/new-file.ts";
import { demandRoomFor, fileAt, openOutFile } from "../files/out-file.ts";
import { readTextFile, readTextInput, type TextKind } from "../files/text-file.ts";
import { UsageError } from "../terminal/exit-code.ts";
import { fillTemplate } from "../text/references.ts";

/** Bytes of a template. Configuration files are smaller. A dump given by mistake is refused. */
export const TEMPLATE_BYTES_MAX = 1024 * 1024;

const KIND: TextKind = {
  the: "the template",
  one: "a template",
  bytesMax: TEMPLATE_BYTES_MAX,
  next: "name a text with references in it",
};

const STDIN = 0;

function templateFrom(path: string | undefined): string {
  if (path !== undefined) return readTextFile(path, KIND);
  // Not process.stdin, since looking at it makes a pipe non-blocking for all processes that share it.
  if (isatty(STDIN)) throw new UsageError("there is no template", "name one with --in-file FILE, or pipe one in");
  return readTextInput(KIND);
}

/** Refuses to write the result over the template itself. */
function demandOther(inFile: string | undefined, outFile: string | undefined): void {
  const [from, to] = [inFile, outFile].map((path) => (path === undefined ? undefined : fileAt(path)));
  if (from !== undefined && from.dev === to?.dev && from.ino === to.ino)
    throw new UsageError("the template itself would be replaced", "name another file with --out-file");
}

/** Adds `postern inject`. */
export function addInjectCommand(program: Command): void {
  addCommand<Force & { inFile?: string; outFile?: string }>(
    program,
    "inject",
    "replace each reference in a template by its secret, bare or as {{ op://… }}",
    "postern inject --in-file config.tpl --out-file config.json",
    [
      ["--in-file <file>", "the template; standard input otherwise"],
      ["--out-file <file>", "write there, for you alone (0600), instead of to standard output"],
      forceOption,
    ],
    async (terminal, _args, options) => {
      demandOther(options.inFile, options.outFile);
      if (options.outFile !== undefined) demandRoomFor(options.outFile, options.force === true);
      const template = templateFrom(options.inFile);
      await withAgent(terminal, async (agent) => {
        const { text, secrets, staleMs } = await fillTemplate(agent, template, ownVariables(), {
          undone: "nothing was written",
          tell: terminal.tell,
        });
        if (options.outFile === undefined) {
          tellOffline(terminal, staleMs);
          if (terminal.json) terminal.result({ text, ...offlineFacts(staleMs) }, () => "");
          else process.stdout.write(text);
          return;
        }
        const file = openOutFile(options.outFile, options.force === true);
        file.write(new TextEncoder().encode(text));
        file.done();
        const told = `Wrote ${secrets} secret${secrets === 1 ? "" : "s"}.`;
        // Where stdout is the file, the result must not go into it.
        if (file.isStdout) terminal.tell(`postern: ${told}`);
        else terminal.result({ secrets, ...offlineFacts(staleMs) }, () => told);
        tellOffline(terminal, staleMs);
      });
    },
  );
}
