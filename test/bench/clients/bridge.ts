// Puts the bridge where the official packages look, for the time of the race. That takes root, and a machine without 1Password.
import { fileURLToPath } from "node:url";
import { compileLibrary } from "../../../clients/bridge/compile.ts";
import { foreignPlaces, installBridge, type Machine, uninstallBridge } from "../../../clients/cli/bridge/install.ts";
import { LIBRARY } from "../../../clients/cli/bridge/library.ts";
import { ownCompiler, ownTarget, version } from "../../build/bridge-host.ts";
import type { Absent } from "./contestant.ts";

const machine: Machine = {
  platform: process.platform,
  architecture: process.arch,
  prefix: undefined,
  user: process.geteuid?.(),
};

/** Undefined where the bridge is in its place now. */
export function placeBridge(): Absent | undefined {
  if (ownCompiler === undefined) return { absent: "there is no compiler for the bridge" };
  if (machine.user !== 0) return { absent: "only root can put the bridge in its place" };
  if (foreignPlaces(machine).length > 0) return { absent: "1Password is in the bridge's place" };
  const built = fileURLToPath(new URL(`../../../dist/bridge/${ownTarget?.name}/${LIBRARY}`, import.meta.url));
  compileLibrary(ownCompiler, version, built);
  installBridge(machine);
  return undefined;
}

export function takeBridgeAway(): void {
  uninstallBridge(machine);
}
