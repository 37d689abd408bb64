// app: opens the desktop app, a page in the browser of this machine.
import type { Command } from "commander";
import { openInBrowser } from "../agent/browser.ts";
import { connect } from "../agent/session.ts";
import { addCommand } from "../context.ts";
import type { Terminal } from "../terminal/terminal.ts";

async function openApp(terminal: Terminal, { open }: { open: boolean }): Promise<void> {
  const agent = await connect(terminal, "person");
  try {
    const { file } = await agent.call("app.open", {});
    const opened = open && (await openInBrowser(file, process.env));
    terminal.result({ file, opened }, () => (opened ? "The app opens in your browser." : file));
    if (!opened) terminal.tell("postern: open this file in a browser of this machine, within a minute");
  } finally {
    agent.close();
  }
}

export function addAppCommand(program: Command): void {
  addCommand<{ open: boolean }>(
    program,
    "app",
    "open the app in your browser: questions, grants, programs and the log",
    "postern app",
    [["--no-open", "print the path of the file to open, and open nothing"]],
    async (terminal, _args, options) => openApp(terminal, options),
  );
}
