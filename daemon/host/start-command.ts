// Writes down how this agent was started, so that a program with a token can start the next one. The file stays when the agent ends.
import { join } from "node:path";
import { START_FILE } from "../../protocol/start-file.ts";
import { replaceFile } from "./private-files.ts";

/** Whole or not at all, and readable by this user alone. It is not synced: without it a person starts the agent. */
export function writeStartCommand(home: string, program: string): void {
  const command = [process.execPath, ...process.execArgv, program];
  replaceFile(join(home, START_FILE), Buffer.from(`${JSON.stringify({ command })}\n`));
}
