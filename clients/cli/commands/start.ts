// `postern start`, which `npm start` runs. At a terminal it starts the agent and guides to a first account, where there is none. With --demo, or
// without a terminal, it shows the demonstration.
import type { Command } from "commander";
import { connect } from "../agent/session.ts";
import { addCommand } from "../context.ts";
import { demo } from "../demo/demo.ts";
import { hasTerminal } from "../terminal/ask.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { init } from "./account.ts";

type Options = { demo?: boolean; stay?: boolean };

async function start(terminal: Terminal, options: Options): Promise<void> {
  if (options.demo === true || !hasTerminal()) return demo(terminal, options.stay === true);
  const agent = await connect(terminal, "person");
  const { state } = await agent.call("agent.status", {}).finally(() => agent.close());
  if (state === "signedOut") await init(terminal, {});
  terminal.tell(
    `The agent runs and is ${state === "signedOut" ? "unlocked" : state}. Next: \`npm run -s postern -- --help\`, or \`npm start -- --demo\` for a tour.`,
  );
}

export function addStartCommand(program: Command): void {
  addCommand<Options>(
    program,
    "start",
    "start the agent and make a first account, or show a demonstration",
    "postern start --demo",
    [
      ["--demo", "a throwaway account in a temporary home, used by four programs"],
      ["--stay", "leave the demonstration's agent running"],
    ],
    (terminal, _args, options) => start(terminal, options),
  );
}
