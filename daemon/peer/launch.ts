// How a program was started. A later run of the same file, with the same arguments, in the same folder and place, is the same launch. Any program
// of the user can make such a run, so a launch is known again only where a person chose that, and where no other user can change the files.
import { createHash } from "node:crypto";
import { type BigIntStats, lstatSync } from "node:fs";
import { dirname } from "node:path";
import { interpreterAt } from "./command-line.ts";
import type { ProcessFacts } from "./peer.ts";
import { folderOf, isStill, wholeCommandLineOf } from "./process-facts.ts";
import type { Subject } from "./subject.ts";

/** What two runs of one program share. */
export type Launch = {
  /** Whether it asks by itself, or through our command. */
  readonly way: "itself" | "command";
  /** `changed` is the time of the file's last change (ctime) in nanoseconds. A user cannot set it. */
  readonly executable: {
    readonly path: string;
    readonly device: string;
    readonly inode: string;
    readonly changed: string;
  };
  readonly script?: { readonly path: string; readonly sha256: string };
  /** SHA-256 of the whole command line, in hex: the words may hold a secret. */
  readonly argv: string;
  /** The working folder at its first question. */
  readonly folder: string;
  /** The terminal session, or the systemd unit. */
  readonly place: Place;
};

type Place = { readonly is: "terminal"; readonly session: string } | { readonly is: "unit"; readonly path: string };

/** The reason why a program cannot be known again. It names no path. */
export type Unknowable = { readonly why: string };

/** Whether two launches are the same. */
export const isSameLaunch = (a: Launch, b: Launch): boolean => launchKey(a) === launchKey(b);

/** A text that only equal launches share. */
export const launchKey = (launch: Launch): string =>
  JSON.stringify([...wordsOf(launch), launch.executable, launch.script?.sha256]);

/** The file of a launch that is another one than before, where all else is the same. Undefined where it is no such launch. */
export function changedFile(before: Launch, now: Launch): "script" | "executable" | undefined {
  if (JSON.stringify(wordsOf(before)) !== JSON.stringify(wordsOf(now)) || isSameLaunch(before, now)) return undefined;
  return before.script?.sha256 === now.script?.sha256 ? "executable" : "script";
}

const wordsOf = ({ way, executable, script, argv, folder, place }: Launch) =>
  [way, executable.path, script?.path, argv, folder, place] as const;

/** The launch of a subject's process. `facts` are those of the process that the subject stands for. The files are looked at once. */
export function createLaunch(facts: ProcessFacts): (subject: Subject) => Launch | Unknowable {
  let started: Started | Unknowable | undefined;
  return (subject) => {
    const why = whyUnknowable(subject, facts);
    if (why !== undefined) return { why };
    const place = placeOf(subject, facts);
    if (place === undefined) return { why: "the program is at no terminal and in no systemd unit" };
    started ??= startOf(facts);
    if ("why" in started) return started;
    return { way: subject.throughCommand ? "command" : "itself", ...started, place };
  };
}

function whyUnknowable(subject: Subject, { loadsOther, runs, script, executable }: ProcessFacts): string | undefined {
  if (subject.kind === "terminal") return "a terminal session asks, and no one program";
  if (subject.kind === "app") return "a page of the app asks, and no program";
  if (subject.kind === "once") return "no program can be held to the yes";
  if (loadsOther) return "its command line or environment loads other code";
  if (runs !== undefined) return "its code is in no file of its command line";
  const isInterpreter = executable !== undefined && interpreterAt(executable.path) !== undefined;
  if (isInterpreter && script?.sha256 === undefined) return "its script cannot be read";
  return undefined;
}

type Started = Pick<Launch, "executable" | "script" | "argv" | "folder">;

function startOf(facts: ProcessFacts): Started | Unknowable {
  const { pid, executable, script } = facts;
  const argv = wholeCommandLineOf(pid);
  const folder = folderOf(pid);
  if (executable === undefined || argv === undefined || folder === undefined)
    return { why: "its command line or folder cannot be read" };
  const found = stateOf(executable.path);
  if (found === undefined || `${found.dev}` !== executable.device || `${found.ino}` !== executable.inode)
    return { why: "its executable was replaced" };
  for (const [what, path] of [["executable", executable.path] as const, ["script", script?.path] as const]) {
    if (path !== undefined && othersCanChange(path, facts.uid))
      return { why: `its ${what}, or a folder above it, can be changed by others` };
  }
  // Read before, so that all of it is about this process.
  if (!isStill(facts)) return { why: "it has ended" };
  const { path, device, inode } = executable;
  return {
    executable: { path, device, inode, changed: `${found.ctimeNs}` },
    ...(script?.sha256 === undefined ? {} : { script: { path: script.path, sha256: script.sha256 } }),
    argv: createHash("sha256").update(argv).digest("hex"),
    folder,
  };
}

/**
 * Whether another user than this one and root can change a file, or put another one in its place. A folder like /tmp, where everyone may write, keeps
 * each user's own files for that user (sticky bit).
 */
function othersCanChange(path: string, uid: number): boolean {
  for (let step = path; ; step = dirname(step)) {
    const found = stateOf(step);
    if (found === undefined || found.isSymbolicLink() || (found.uid !== 0n && found.uid !== BigInt(uid))) return true;
    const isKept = found.isDirectory() && (found.mode & STICKY) !== 0n;
    if ((found.mode & OTHERS_WRITE) !== 0n && !isKept) return true;
    if (step === dirname(step)) return false;
  }
}

/** The sticky bit of a folder, stat(2). */
const STICKY = 0o1000n;

/** The right of the group and of all others to write, stat(2). */
const OTHERS_WRITE = 0o022n;

/** The state of a file. Undefined where it is not to be seen: its program may have moved or closed the folders above it meanwhile. */
function stateOf(path: string): BigIntStats | undefined {
  try {
    return lstatSync(path, { bigint: true });
  } catch (error) {
    if (typeof (error as NodeJS.ErrnoException).code === "string") return undefined;
    throw error;
  }
}

/** Who has left the terminal is in no place: its control group is that of the terminal's session. */
function placeOf({ terminalSession }: Subject, { terminal, cgroup }: ProcessFacts): Place | undefined {
  if (terminalSession !== undefined) return { is: "terminal", session: terminalSession };
  const unit = terminal === undefined ? unitOf(cgroup) : undefined;
  return unit === undefined ? undefined : { is: "unit", path: unit };
}

/** The path of the innermost service in a control group. The user's own manager (user@1000.service) is none: everything of the user is in it. */
export function unitOf(cgroup: string): string | undefined {
  const parts = cgroup.split("/");
  const at = parts.findLastIndex((part) => part.endsWith(".service") && !/^user@\d+\.service$/.test(part));
  return at === -1 ? undefined : parts.slice(0, at + 1).join("/");
}
