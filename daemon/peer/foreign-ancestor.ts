// When our own command asks, the asker is the process that started it. The agent knows our programs by installed path, owner and hash. A
// program that forges these only moves the question up to its own parent.
import { basename } from "node:path";
import type { PeerIdentity, ProcessFacts } from "./peer.ts";

/** An installed program of ours: the script that an interpreter runs. */
export type OwnProgram = {
  readonly path: string;
  readonly sha256: string;
  /** The owner of the file: root, or this user for an installation in the home. */
  readonly ownerUid: number;
};

/** Programs that adopt orphans, by the name of their executable, where root owns it. An adopted process is no child of theirs. */
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
 * The nearest process, from the peer upwards, that is not a program of ours. For any other program it is the peer itself. Undefined where
 * only init, a subreaper or another user is left. Then no lasting grant may be given.
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
