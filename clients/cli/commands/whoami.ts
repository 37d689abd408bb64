// whoami: the account that the commands of this terminal work on.
import type { Command } from "commander";
import { lockingWords } from "../agent/idle-lock.ts";
import { withAgent } from "../agent/session.ts";
import { addCommand } from "../context.ts";
import { oneLine } from "../terminal/terminal.ts";

/** Adds `postern whoami`. */
export function addWhoamiCommand(program: Command): void {
  addCommand(
    program,
    "whoami",
    "show the account that commands use, or the service account of the token that is set",
    "postern whoami",
    [],
    (terminal) =>
      withAgent(terminal, async (agent) => {
        const { accounts } = await agent.call("accounts.list", {});
        const kind = agent.client === undefined ? "person" : "serviceAccount";
        terminal.result({ kind, accounts }, () =>
          accounts
            .map(({ account, user, name, service, state, idleLock }) =>
              [
                // Only its owner knows a service account's title. The token does not have it.
                kind === "person" ? oneLine(name) : "A service account, by the token that is set",
                `  id       ${user}`,
                `  account  ${account}, ${state}`,
                `  service  ${service === "embedded" ? "embedded, on this machine alone" : oneLine(service)}`,
                ...(idleLock === undefined ? [] : [`  locks    ${lockingWords(idleLock).replace(/^locks /, "")}`]),
              ].join("\n"),
            )
            .join("\n"),
        );
      }),
  );
}
