// An agent of another installation does not know this command. Every run of the command is then another program to it, and needs an
// approval of its own. The command says so once, where it begins to matter.
import type { Channel } from "../../typescript/channel.ts";
import type { Methods } from "../../typescript/generated.ts";
import { oneLine, type Terminal } from "../terminal/terminal.ts";
import { VERSION } from "../version.ts";

type Status = Methods["agent.status"]["result"];

/** The message about such an agent. Undefined for an agent that knows this command. */
export function installationLines({ sameInstallation, program, version }: Status): string[] {
  if (sameInstallation) return [];
  return [
    `the agent is of another installation (${oneLine(program)}, version ${oneLine(version)}; this command is ${VERSION}), so every command needs an approval of its own`,
    "  next: run `postern agent restart`; it locks, and starts the agent of this command",
  ];
}

/** Refusals that would not have come if the agent knew this command. */
const REFUSALS = [
  "approvalRequired",
  "approvalDenied",
  "approvalTimedOut",
  "promptQuota",
  "coolingDown",
  "proofRequired",
];

export type InstallationWatch = {
  /** A prompt opened for this command. */
  prompted(): Promise<void>;
  /** A call of this command failed. */
  failed(error: unknown): Promise<void>;
};

export function watchInstallation(terminal: Pick<Terminal, "tell">, channel: Channel): InstallationWatch {
  let told: Promise<void> | undefined;
  const tell = async () => {
    const [first, ...more] = installationLines(await channel.call("agent.status", {}));
    if (first === undefined) return;
    for (const line of [`postern: ${first}`, ...more]) terminal.tell(line);
  };
  const once = () => {
    told ??= tell();
    return told;
  };
  return {
    prompted: once,
    failed: async (error) => {
      if (REFUSALS.includes((error as { errorName?: string }).errorName ?? "")) await once();
    },
  };
}
