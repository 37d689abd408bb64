// authenticators: lists the fingerprint readers and security keys that may approve, and removes one. They are enrolled in the app, since only a browser can
// talk to them.
import type { Command } from "commander";
import { onAccount } from "../agent/next-step.ts";
import type { Agent } from "../agent/session.ts";
import { withPassword } from "../agent/with-password.ts";
import { addCommand } from "../context.ts";
import { passwordFd } from "../files/secret-input.ts";
import { idOf } from "../items/one-of.ts";
import { demandYes } from "../terminal/ask.ts";
import { localTime } from "../terminal/local-time.ts";
import { oneLine, type Terminal, table } from "../terminal/terminal.ts";

type RemoveOptions = { passwordFd?: string; yes?: boolean };

const NONE = "None is enrolled. Enrol one in the app: `postern app`.";

const enrolled = (agent: Agent, password: string) =>
  agent.call("authenticators.list", { proof: { kind: "password", password } });

async function list(terminal: Terminal, agent: Agent, password: string): Promise<void> {
  const listed = await enrolled(agent, password);
  terminal.result(listed, () =>
    listed.authenticators.length === 0
      ? onAccount(agent.account, NONE)
      : table(
          ["AUTHENTICATOR", "NAME", "SINCE", "LAST USED", "MAY"],
          listed.authenticators.map((one) => [
            one.authenticator,
            one.name,
            localTime(one.createdAt),
            one.lastUsedAt === undefined ? "" : localTime(one.lastUsedAt),
            one.unlocks ? "approve and unlock" : "approve",
          ]),
        ),
  );
}

async function remove(
  terminal: Terminal,
  agent: Agent,
  password: string,
  wanted: string,
  options: RemoveOptions,
): Promise<void> {
  const { authenticators } = await enrolled(agent, password);
  const authenticator = await idOf("authenticator", wanted, async () =>
    authenticators.map((one) => ({ id: one.authenticator, title: one.name })),
  );
  const found = authenticators.find((one) => one.authenticator === authenticator);
  const called = found === undefined ? "this authenticator" : oneLine(found.name);
  await demandYes(options, `Remove ${called}?`, "nothing was removed");
  await agent.call("authenticators.remove", { password, authenticator });
  terminal.result({ removed: authenticator }, () => "Removed. It approves and unlocks nothing from now on.");
}

/** Adds `postern authenticators …`. */
export function addAuthenticatorCommands(program: Command): void {
  const authenticators = addCommand<{ passwordFd?: string }>(
    program,
    "authenticators",
    "list the fingerprint readers and security keys that approve",
    "postern authenticators",
    [passwordFd],
    (terminal, _args, options) => withPassword(terminal, options, (agent, password) => list(terminal, agent, password)),
  );
  addCommand<RemoveOptions>(
    authenticators,
    "remove <authenticator>",
    "remove one; it approves and unlocks nothing from then on",
    "postern authenticators remove Fingerprint",
    [passwordFd, ["--yes", "do not ask"]],
    (terminal, [authenticator = ""], options) =>
      withPassword(terminal, options, (agent, password) => remove(terminal, agent, password, authenticator, options)),
  );
}
