// Serves an editor on stdin and stdout. The agent asks nobody at this process's terminal, which may be the editor's own screen: a question waits where
// approvers are, and its code goes to the editor.
import { createConnection, StreamMessageReader, StreamMessageWriter } from "vscode-languageserver/node";
import type { Link } from "../../editors/server/editor-names.ts";
import { serveEditor } from "../../editors/server/serve-editor.ts";
import { dialAgent } from "../agent/dial.ts";
import { inAccount, integration } from "../agent/session.ts";
import type { Terminal } from "../terminal/terminal.ts";

/** Returns at once. The process ends as the editor says, or with its end of the pipe. */
export function serve(terminal: Terminal): void {
  const connection = createConnection(new StreamMessageReader(process.stdin), new StreamMessageWriter(process.stdout));
  serveEditor(connection, () => openLink(terminal));
  // An editor that was killed says no word. The connection to the agent would keep this process alive.
  process.stdin.once("end", () => process.exit());
}

/** Connects to an agent that runs, on the chosen account. None is started: an editor opens at every start of the machine. */
async function openLink(terminal: Terminal): Promise<Link> {
  const { account } = terminal;
  const channel = await dialAgent({ tell: () => undefined });
  let chosen: Promise<string> | undefined;
  const ownClient = async () => {
    if (account === undefined) return undefined;
    chosen ??= channel.call("clients.open", { account, ...integration }).then(({ client }) => client);
    return chosen;
  };
  return {
    call: async (method, params, options) =>
      channel.call(method, await inAccount(method, params, account, ownClient), options),
    onNotification: (listener) => channel.onNotification(listener),
    onEnd: (listener) => channel.onEnd(listener),
    close: () => channel.close(),
  };
}
