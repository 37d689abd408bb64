// When our own command asks, the asker is the process that started it. The agent knows our scripts by installed path, owner and hash, and our
// native command by its file. A program that forges these only moves the question up to its own parent.
import { basename } from "node:path";
import type { Executable, PeerIdentity, ProcessFacts } from "./peer.ts";

/** An installed program of ours: the script that an interpreter runs. */
export type OwnScript = {
  readonly path: string;
  readonly sha256: string;
  /** The owner of the file: root, or this user for an installation in the home. */
  readonly ownerUid: number;
};

/**
 * Our native command: the very file that was installed when the agent started. Whoever changes its content, or puts another file in its
 * place, changes the time or the inode. A copy of it is another file.
 */
export type OwnBinary = Pick<Executable, "device" | "inode" | "changed" | "ownerUid">;

export type OwnProgram = OwnScript | OwnBinary;

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

function isOurs({ script, executable }: ProcessFacts, ours: readonly OwnProgram[]): boolean {
  return ours.some((own) => ("path" in own ? isScript(own, script) : isBinary(own, executable)));
}

const isScript = (own: OwnScript, script: ProcessFacts["script"]) =>
  script?.sha256 !== undefined &&
  own.path === script.path &&
  own.sha256 === script.sha256 &&
  own.ownerUid === script.ownerUid;

const isBinary = (own: OwnBinary, executable: Executable | undefined) =>
  executable !== undefined &&
  !executable.deleted &&
  !executable.isElsewhere &&
  own.device === executable.device &&
  own.inode === executable.inode &&
  own.changed === executable.changed &&
  own.ownerUid === executable.ownerUid;

function isReaper({ pid, executable }: ProcessFacts): boolean {
  return (
    pid === 1 || (executable !== undefined && executable.ownerUid === 0 && REAPERS.includes(basename(executable.path)))
  );
}
