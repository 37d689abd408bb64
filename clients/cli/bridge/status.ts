// What the official SDKs find on this machine.
import { ownerOn } from "../files/root-place.ts";
import { oneLine } from "../terminal/terminal.ts";
import { VERSION } from "../version.ts";
import { type Machine, targetOn, unsafeFolder } from "./install.ts";
import { lookAt } from "./library.ts";

/**
 * `installed`: ours, of this version, and safe. `otherVersion`: ours, of another version. `unsafe`: ours, and another user could change it.
 * `foreign`: not ours. `absent`: nothing is there. `unavailable`: no bridge for this system yet.
 */
export type BridgeState = "installed" | "otherVersion" | "unsafe" | "foreign" | "absent" | "unavailable";

export type BridgeStatus = {
  readonly state: BridgeState;
  readonly version?: string;
  /** Why it is unsafe. */
  readonly reason?: string;
};

export function bridgeStatus(machine: Machine): BridgeStatus {
  if (machine.platform !== "linux") return { state: "unavailable" };
  const found = lookAt(targetOn(machine), ownerOn(machine));
  if (found.kind !== "ours") return { state: found.kind };
  const { version } = found;
  const reason =
    unsafeFolder(machine) ?? (found.isSafe ? undefined : "the file has another owner or mode than it should");
  if (reason !== undefined) return { state: "unsafe", version, reason };
  return { state: version === VERSION ? "installed" : "otherVersion", version };
}

/** The status for a person, with the next step. */
export function stateText(machine: Machine, { state, version, reason }: BridgeStatus): string {
  const path = oneLine(targetOn(machine));
  const texts: Readonly<Record<BridgeState, string>> = {
    installed: `The bridge ${version} is at ${path}.`,
    otherVersion: `The bridge at ${path} is of version ${version}, and this is ${VERSION}: run \`postern bridge install\`.`,
    unsafe: `The bridge at ${path} is not safe, since ${oneLine(reason ?? "")}: put that right, and run \`postern bridge install\`.`,
    foreign: `The library at ${path} is not Postern's.`,
    absent: `There is no bridge at ${path}: \`postern bridge install\` puts it there.`,
    unavailable: "The bridge for the official SDKs is not there yet for this system.",
  };
  return texts[state];
}
