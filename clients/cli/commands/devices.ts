// devices: lists the machines that may sign in to the account, and removes one.
import type { Command } from "commander";
import { tableError } from "../../typescript/table-error.ts";
import { demandDeviceName } from "../agent/device-name.ts";
import { onAccount } from "../agent/next-step.ts";
import type { Agent } from "../agent/session.ts";
import { withPassword } from "../agent/with-password.ts";
import { addCommand } from "../context.ts";
import { passwordFd } from "../files/secret-input.ts";
import { idOf } from "../items/one-of.ts";
import { demandYes } from "../terminal/ask.ts";
import { UsageError } from "../terminal/exit-code.ts";
import { localTime } from "../terminal/local-time.ts";
import { oneLine, type Terminal, table } from "../terminal/terminal.ts";

type RemoveOptions = { passwordFd?: string; yes?: boolean };

async function list(terminal: Terminal, agent: Agent, password: string): Promise<void> {
  const listed = await agent.call("devices.list", { password });
  terminal.result(listed, () =>
    table(
      ["DEVICE", "NAME", "SINCE", "LAST SEEN", ""],
      listed.devices.map((one) => [
        one.device,
        one.name ?? "",
        localTime(one.createdAt),
        localTime(one.lastSeenAt),
        one.thisOne ? "this one" : "",
      ]),
    ),
  );
}

const REMOVED = [
  "Removed. Its sessions are ended and it cannot sign in again.",
  "Whoever has the account password and the Secret Key that is still on it can sign in as a new device: where it is lost, change the password with `postern passwd`.",
].join("\n");

async function remove(
  terminal: Terminal,
  agent: Agent,
  password: string,
  wanted: string,
  options: RemoveOptions,
): Promise<void> {
  const { device, name, lastSeenAt } = await sighted(agent, password, await deviceFor(agent, password, wanted));
  const called = name === undefined ? "this device" : oneLine(name);
  await demandYes(options, `Remove ${called}, last seen ${localTime(lastSeenAt)}?`, "nothing was removed");
  await agent.call("devices.remove", { password, device });
  terminal.result({ removed: device }, () => onAccount(agent.account, REMOVED));
}

/** Finds a device by its id or its name. */
function deviceFor(agent: Agent, password: string, wanted: string): Promise<string> {
  return idOf("device", wanted, async () => {
    const { devices } = await agent.call("devices.list", { password });
    return devices.map(({ device, name = "" }) => ({ id: device, title: name }));
  });
}

/** A device that can be removed. */
async function sighted(agent: Agent, password: string, wanted: string) {
  const { devices } = await agent.call("devices.list", { password });
  const found = devices.find(({ device }) => device === wanted);
  if (found === undefined) throw tableError("deviceNotFound");
  // If only the device were removed, this machine would keep an account that it can never unlock again.
  if (found.thisOne)
    throw new UsageError(
      "this is the device you are on",
      "run `postern signout`: it removes this device with what it keeps of the account",
    );
  return found;
}

/** Adds `postern devices …`. */
export function addDeviceCommands(program: Command): void {
  const devices = addCommand<{ passwordFd?: string }>(
    program,
    "devices",
    "list the devices that may sign in",
    "postern devices",
    [passwordFd],
    (terminal, _args, options) => withPassword(terminal, options, (agent, password) => list(terminal, agent, password)),
  );
  addCommand<{ passwordFd?: string }>(
    devices,
    "rename <device> <name>",
    "give a device another name; the account service does not learn it",
    "postern devices rename cdefghijklmnopqrstuvwxyz23 workbench",
    [passwordFd],
    (terminal, [device = "", name = ""], options) =>
      withPassword(terminal, options, async (agent, password) => {
        const renamed = await agent.call("devices.rename", {
          password,
          device: await deviceFor(agent, password, device),
          name: demandDeviceName(name, "the name"),
        });
        terminal.result(renamed, () => `Now called ${oneLine(renamed.name)}.`);
      }),
  );
  addCommand<RemoveOptions>(
    devices,
    "remove <device>",
    "end a device's sessions; it cannot sign in again",
    "postern devices remove cdefghijklmnopqrstuvwxyz23",
    [passwordFd, ["--yes", "do not ask"]],
    (terminal, [device = ""], options) =>
      withPassword(terminal, options, (agent, password) => remove(terminal, agent, password, device, options)),
  );
}
