// lsp: the language server for editors, on stdin and stdout.
import type { Command } from "commander";
import { addCommand } from "../context.ts";

/** Adds `postern lsp`. */
export function addLspCommand(program: Command): void {
  addCommand<{ stdio?: boolean; clientProcessId?: string }>(
    program,
    "lsp",
    "serve an editor: completes, explains and checks references (Language Server Protocol, on stdin and stdout)",
    "postern lsp",
    [
      ["--stdio", "use stdin and stdout, which is the only way; editors give it"],
      ["--clientProcessId <pid>", "end with this process; editors give it"],
    ],
    async (terminal) => {
      // Loaded only now, since no other command needs the library.
      const { serve } = await import("../lsp/serve.ts");
      serve(terminal);
    },
  );
}
