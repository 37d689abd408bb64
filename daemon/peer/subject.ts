// The holder of a grant: a process by default. For our own command at a terminal it is the terminal session. Where no process can be held to
// it, nobody is the holder, and the yes is for one request.

import type { Unfiled } from "./command-line.ts";
import { nearestForeign, type OwnProgram } from "./foreign-ancestor.ts";
import type { PeerIdentity, ProcessFacts } from "./peer.ts";

/** The holder of grants, as plain values. Only the same holder has the same `key`. A fork keeps the `family`. */
export type Subject = {
  /** `app` is a page of the app in a browser. */
  readonly kind: "process" | "terminal" | "app" | "once";
  readonly key: string;
  /** Whether the process asked through our own command. Then its children may do so too, and the prompt says so. */
  readonly throughCommand: boolean;
  /** The key of this run of our own command alone: of its one connection. Undefined for all other programs. */
  readonly command?: string;
  /** Session leader or cgroup, and executable. Quotas count by it, since each fork is a new process. */
  readonly family: string;
  /** The path of the executable, or "unknown". */
  readonly program: string;
  /** The path of the script behind an interpreter. It is a claim, unless the interpreter was seen to have it open. */
  readonly script?: string;
  readonly isScriptSeen?: true;
  /** The claim of an interpreter that runs no file of its command line. */
  readonly runs?: Unfiled;
  /** The executable or the script is inside a file system that the agent does not see, or the executable's file is gone. */
  readonly unseen?: "elsewhere" | "gone";
  readonly pid: number;
  /** The process of the key, where it is not the peer itself. It must still run the same program too. */
  readonly holder?: ProcessFacts;
  /** The process of the key. */
  readonly process?: ProcessFacts;
  /** The name of the controlling terminal, where there is one. */
  readonly terminal?: string;
  /** The session at that terminal. Only processes of the same session have the same. */
  readonly terminalSession?: string;
};

/**
 * The subject behind a peer. `ours` are our own programs, which are never the subject. For them it is the nearest foreign ancestor. At a
 * terminal that is the terminal session, since a person types one command after another there.
 */
export function subjectOf(identity: PeerIdentity, ours: readonly OwnProgram[], newId: () => string): Subject {
  const foreign = nearestForeign(identity, ours);
  const isOurs = foreign === undefined || foreign.pid !== identity.pid;
  const facts = foreign ?? identity;
  const about = {
    program: facts.executable?.path ?? "unknown",
    ...codeOf(facts),
    pid: facts.pid,
    throughCommand: isOurs,
    ...(isOurs ? { command: `command|${newId()}` } : {}),
    ...terminalOf(facts),
    family: familyOf(facts),
  };
  const once: Subject = { ...about, kind: "once", key: `once|${newId()}` };
  if (foreign === undefined || foreign.executable === undefined || foreign.image === "0") return once;
  if (about.unseen === "elsewhere") return once;
  // An update may have replaced the file of the shell. The terminal session is not bound to that file.
  if (isOurs && about.terminalSession !== undefined)
    return { ...about, kind: "terminal", key: terminalKey(about.terminalSession) };
  if (about.unseen === "gone") return once;
  const { device, inode } = foreign.executable;
  // Any child of a program can run our command, which then has the program as its ancestor. So a program's own grants are not for the
  // command, and the command's grants are not for the program.
  const way = isOurs ? "process through the command" : "process";
  return {
    ...about,
    kind: "process",
    process: facts,
    ...(isOurs ? { holder: foreign } : {}),
    key: [way, foreign.pid, foreign.startTicks, foreign.image, device, inode].join("|"),
  };
}

/** The holder of the grants of a terminal session. */
const terminalKey = (terminalSession: string) => `terminal|${terminalSession}`;

/**
 * The key of the terminal session whose grants a process uses beside its own: a yes there holds for everything started in it. Undefined for a
 * process that cannot be held to a grant, and for the terminal session itself.
 */
export function terminalKeyOf({ kind, terminalSession }: Subject): string | undefined {
  return kind === "process" && terminalSession !== undefined ? terminalKey(terminalSession) : undefined;
}

function codeOf({
  executable,
  script,
  runs,
}: ProcessFacts): Pick<Subject, "script" | "isScriptSeen" | "runs" | "unseen"> {
  const isElsewhere = executable?.isElsewhere === true || script?.isElsewhere === true;
  const unseen = isElsewhere ? "elsewhere" : executable?.deleted === true ? "gone" : undefined;
  return {
    ...(script === undefined ? {} : { script: script.path }),
    ...(script?.isOpen === true ? { isScriptSeen: true } : {}),
    ...(runs === undefined ? {} : { runs }),
    ...(unseen === undefined ? {} : { unseen }),
  };
}

/** Characters of a program's name in a log. Linux takes no longer path. */
const NAME_LENGTH_MAX = 4096;

/** The program in a list or a log: the script where it was seen, otherwise the executable with its claim. */
export function programOf({ program, script, isScriptSeen }: Subject): string {
  if (script === undefined) return program;
  return (isScriptSeen ? script : `${program}, says it runs ${script}`).slice(0, NAME_LENGTH_MAX);
}

/** The same program after it has left its terminal session: that session's grants are not for it any more. */
export function leftTerminal({ terminalSession: _left, ...subject }: Subject): Subject {
  return subject;
}

function terminalOf({ terminal, session }: ProcessFacts): Pick<Subject, "terminal" | "terminalSession"> {
  if (terminal === undefined) return {};
  const name = { terminal: terminal.name ?? "a terminal" };
  const terminalSession = terminalSessionOf({ terminal, session });
  return terminalSession === undefined ? name : { ...name, terminalSession };
}

/** The session at a process's terminal. Undefined without a terminal, and where the session's leader has ended. */
export function terminalSessionOf({
  terminal,
  session,
}: Pick<ProcessFacts, "terminal" | "session">): string | undefined {
  if (terminal === undefined || session.startTicks === undefined) return undefined;
  return [terminal.device, session.leader, session.startTicks].join("|");
}

/** Quotas count by this. A fork keeps session and cgroup. Only another program has another executable. */
function familyOf(facts: ProcessFacts): string {
  const { session, cgroup, executable } = facts;
  const group = session.leader === 0 ? cgroup : `${session.leader}|${session.startTicks ?? ""}`;
  return [group, executable?.device ?? "", executable?.inode ?? "", facts.script?.path ?? ""].join("|");
}
