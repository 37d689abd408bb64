// The process that a rule is compared with: the one behind the subject, with its hashes, and whether enough of it was seen for an allow.
import { uptime } from "node:os";
import { interpreterAt } from "../peer/command-line.ts";
import type { PeerIdentity, ProcessFacts } from "../peer/peer.ts";
import type { Subject } from "../peer/subject.ts";

export type Asker = {
  readonly facts: ProcessFacts;
  /** SHA-256 of its executable. Undefined where it is not known, or was not looked for. */
  readonly executable: string | undefined;
  /** Why no allow counts for it. Undefined where one does. */
  readonly unseen: string | undefined;
};

/** The facts about the process behind a subject. */
export function factsBehind({ pid }: Subject, identity: PeerIdentity): ProcessFacts {
  return [identity, ...identity.ancestors].find((facts) => facts.pid === pid) ?? identity;
}

/** Why too little of a process was seen for an allow. A person may still allow it. */
export function unseenBecause(subject: Subject, facts: ProcessFacts): string | undefined {
  const { executable, script, runs, loadsOther } = facts;
  if (executable === undefined) return "its executable is hidden";
  if (executable.deleted) return "the file of its executable is gone";
  if (executable.isElsewhere || script?.isElsewhere === true) return "it is inside its own file system";
  if (subject.kind === "once") return "no process could be held to it";
  if (runs !== undefined) return "its code is in no file of its command line";
  if (loadsOther) return "its command line or its environment loads other code";
  if (interpreterAt(executable.path) === undefined) return undefined;
  if (script === undefined) return "it is an interpreter without a script";
  if (!script.isOpen) return "its interpreter does not keep the script open, so the script is only its claim";
  return isFromBefore(facts) ? undefined : "its script was changed after the program began";
}

/** Ticks of the kernel in a second, the same on every Linux that programs see. */
const TICKS = 100;

/** Milliseconds by which a script must be older than its process. The clocks of files and of processes go in steps of ten. */
export const SCRIPT_SETTLED_MS = 100;

/**
 * Whether the script's file was last changed before the process began. Otherwise a program could begin with other lines in the file, put the known
 * ones back, and ask then. No program can set that time of a file.
 */
function isFromBefore({ script, startTicks }: ProcessFacts): boolean {
  if (script?.changedMs === undefined) return false;
  const beganMs = Date.now() - uptime() * 1000 + (startTicks / TICKS) * 1000;
  return script.changedMs + SCRIPT_SETTLED_MS < beganMs;
}
