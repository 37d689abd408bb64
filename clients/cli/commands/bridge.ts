// bridge install, uninstall, status: the library through which programs for the official SDKs reach the agent.
import { resolve } from "node:path";
import type { Command } from "commander";
import { foreignPlaces, installBridge, type Machine, targetOn, uninstallBridge } from "../bridge/install.ts";
import { bridgeStatus, stateText } from "../bridge/status.ts";
import { addCommand, addGroup } from "../context.ts";
import { UsageError } from "../terminal/exit-code.ts";
import { oneLine, type Terminal } from "../terminal/terminal.ts";

type PrefixOption = { prefix?: string };

const prefixOption = ["--prefix <folder>", "the folder that stands for / : for packages and tests"] as const;

function machineOf({ prefix }: PrefixOption): Machine {
  if (prefix === "") throw new UsageError("--prefix is empty", "name a folder, or leave it out");
  return {
    platform: process.platform,
    architecture: process.arch,
    prefix: prefix === undefined ? undefined : resolve(prefix),
    user: process.geteuid?.(),
  };
}

async function install(terminal: Terminal, options: PrefixOption): Promise<void> {
  const { path, version, changed } = installBridge(machineOf(options));
  const use =
    options.prefix === undefined
      ? "Programs for the official SDKs use it from their next start."
      : "It is a copy for a package: programs look below no prefix.";
  terminal.result({ path, version, changed }, () =>
    changed
      ? `The bridge ${version} is at ${oneLine(path)}. ${use}`
      : `The bridge ${version} is at ${oneLine(path)} already.`,
  );
}

async function uninstall(terminal: Terminal, options: PrefixOption): Promise<void> {
  const { path, removed } = uninstallBridge(machineOf(options));
  terminal.result({ path, removed }, () =>
    removed ? `The bridge was removed from ${oneLine(path)}.` : `There is no bridge at ${oneLine(path)}.`,
  );
}

async function status(terminal: Terminal, options: PrefixOption): Promise<void> {
  const machine = machineOf(options);
  const found = bridgeStatus(machine);
  const others = found.state === "unavailable" ? [] : foreignPlaces(machine);
  terminal.result({ path: targetOn(machine), ...found, others }, () =>
    [stateText(machine, found), ...others.map((place) => `Not Postern's: ${oneLine(place)}`)].join("\n"),
  );
}

export function addBridgeCommands(program: Command): void {
  const bridge = addGroup(
    program,
    "bridge",
    "the library through which programs for the official 1Password SDKs use this agent",
    "postern bridge status",
  );
  addCommand<PrefixOption>(
    bridge,
    "install",
    "copy the library to where the official SDKs look (as root)",
    "postern bridge install",
    [prefixOption],
    (terminal, _args, options) => install(terminal, options),
  );
  addCommand<PrefixOption>(
    bridge,
    "uninstall",
    "remove the library, where it is Postern's (as root)",
    "postern bridge uninstall",
    [prefixOption],
    (terminal, _args, options) => uninstall(terminal, options),
  );
  addCommand<PrefixOption>(
    bridge,
    "status",
    "say what lies where the official SDKs look, and whether the bridge is safe and of this version",
    "postern bridge status --json",
    [prefixOption],
    (terminal, _args, options) => status(terminal, options),
  );
}
