// Who a grant is bound to. A process by default; the terminal session where our own CLI asked for a person at a
// terminal; nobody (this one request) where no process could be held to it.

import { nearestForeign, type OwnProgram } from "./foreign-ancestor.ts";
import type { PeerIdentity } from "./peer.ts";
import type { ProcessFacts } from "./process-facts.ts";

/** The holder of grants, as plain values. `key` is equal for the same holder only; `family` outlives a fork. */
export type Subject = {
  readonly kind: "process" | "terminal" | "once";
  readonly key: string;
  /** Whether the process asked through our own command: then whatever it starts may do so too, and a person is told. */
  readonly throughCommand: boolean;
  /** Session leader or cgroup, and executable: what quotas count by, since each fork is a new process. */
  readonly family: string;
  /** Path of the executable, "unknown" where it cannot be seen. */
  readonly program: string;
  /** Path of the script behind an interpreter. */
  readonly script?: string;
  readonly pid: number;
  /** The process that the key is about where it is not the peer itself: it too must still run what it ran. */
  readonly holder?: ProcessFacts;
  /** Name of the controlling terminal, where there is one. */
  readonly terminal?: string;
};

/**
 * The subject behind a peer. `ours` are our own programs: they are never the subject, the nearest foreign ancestor is;
 * at a terminal that is the terminal session, since a person types one command after another there.
 */
export function subjectOf(identity: PeerIdentity, ours: readonly OwnProgram[], newId: () => string): Subject {
  const foreign = nearestForeign(identity, ours);
  const isOurs = foreign === undefined || foreign.pid !== identity.pid;
  const facts = foreign ?? identity;
  const about = {
    program: facts.executable?.path ?? "unknown",
    ...(facts.script === undefined ? {} : { script: facts.script.path }),
    pid: facts.pid,
    throughCommand: isOurs,
    ...(facts.terminal === undefined ? {} : { terminal: facts.terminal.name ?? "a terminal" }),
    family: familyOf(facts),
  };
  if (foreign === undefined || foreign.executable === undefined || foreign.image === "0")
    return { ...about, kind: "once", key: `once|${newId()}` };
  const { session, terminal } = facts;
  if (isOurs && terminal !== undefined && session.startTicks !== undefined) {
    return {
      ...about,
      kind: "terminal",
      key: ["terminal", terminal.device, session.leader, session.startTicks].join("|"),
    };
  }
  const { device, inode } = foreign.executable;
  // Our command says nothing of who ran it but its ancestor: any child of a granted program can. So what was granted to
  // the program on its own connection is not for the command, nor the other way round.
  const way = isOurs ? "process through the command" : "process";
  return {
    ...about,
    kind: "process",
    ...(isOurs ? { holder: foreign } : {}),
    key: [way, foreign.pid, foreign.startTicks, foreign.image, device, inode].join("|"),
  };
}

/** What quotas count by. A fork keeps session and cgroup; only starting another program changes the executable. */
function familyOf(facts: ProcessFacts): string {
  const { session, cgroup, executable } = facts;
  const group = session.leader === 0 ? cgroup : `${session.leader}|${session.startTicks ?? ""}`;
  return [group, executable?.device ?? "", executable?.inode ?? "", facts.script?.path ?? ""].join("|");
}
