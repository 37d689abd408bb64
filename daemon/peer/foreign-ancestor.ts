// Who asks, when our own CLI or language server does: the process that started it. Ours are known by installed path,
// owner and hash. A program that forges these only moves the question up to whoever started it.
import { basename } from "node:path";
import type { PeerIdentity } from "./peer.ts";
import type { ProcessFacts } from "./process-facts.ts";

/** A program of ours as installed: the script that an interpreter runs. */
export type OwnProgram = {
  readonly path: string;
  readonly sha256: string;
  /** The user the file belongs to: root, or ourselves for an installation in the home. */
  readonly ownerUid: number;
};

/** Programs that adopt orphans, by the name of their executable, where root owns it. Being adopted is no kinship. */
const REAPERS = [
  "systemd",
  "init",
  "tini",
  "dumb-init",
  "docker-init",
  "catatonit",
  "s6-svscan",
  "runsvdir",
  "conmon",
  "containerd-shim-runc-v2",
];

/**
 * The nearest process, from the peer upwards, that is not one of ours: the peer itself for any foreign program.
 * Undefined where there is none but init, a subreaper or another user: then nothing lasting may be granted.
 */
export function nearestForeign(identity: PeerIdentity, ours: readonly OwnProgram[]): ProcessFacts | undefined {
  for (const facts of [identity, ...identity.ancestors]) {
    if (facts.uid !== identity.uid || isReaper(facts)) return undefined;
    if (!isOurs(facts, ours)) return facts;
  }
  return undefined;
}

function isOurs({ script }: ProcessFacts, ours: readonly OwnProgram[]): boolean {
  return (
    script?.sha256 !== undefined &&
    ours.some((own) => own.path === script.path && own.sha256 === script.sha256 && own.ownerUid === script.ownerUid)
  );
}

function isReaper({ pid, executable }: ProcessFacts): boolean {
  return (
    pid === 1 || (executable !== undefined && executable.ownerUid === 0 && REAPERS.includes(basename(executable.path)))
  );
}
